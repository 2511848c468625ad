import { byId, downloadCsv, element, takeFiles } from "./files.js";

const results = byId("results");
const status = byId("status");
const done = new Map(); // a row of the list to its file's name, what was answered, and what may be doubtful
const info = fetch("info").then((response) => response.json());

// of the address as it is now; not by URLSearchParams, to which a plus sign is a space
const token = () => {
  const [, given] = /token=(.*)/.exec(location.hash) ?? ["", ""];
  try {
    return decodeURIComponent(given);
  } catch {
    return given; // a percent sign of its own
  }
};

const SCREEN = 160; // pixels of the shorter side: crops of a control are smaller
const FINGER = 24; // pixels of the page that a tap may miss a box by
const LETTERS = 11; // pixels of the page: how high the states in a picture are
const COLORS = 4; // of states, in page.css
const percent = (value) => `${(100 * value).toFixed(1)} %`;

const send = async (path, file) => {
  const form = new FormData();
  form.append("files", file, file.name || "pasted.png");
  const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
  const response = await fetch(path, { method: "POST", body: form, headers });
  if (response.ok) return response;
  if (response.status === 401) throw new Error("A token is needed: open this page as /#token=YOURS");
  const { detail } = await response.json().catch(() => ({})); // a proxy's refusal is HTML
  throw new Error(typeof detail === "string" ? detail.replace(`${file.name}: `, "") : `${response.status} ${response.statusText}`);
};

// --- results

const explain = async (file, place, button) => {
  button.disabled = true;
  try {
    const src = URL.createObjectURL(await (await send("explain", file)).blob());
    place.append(element("img", { src, alt: "What the prediction rests on, in magenta over gray" }));
    const said = element("p", { textContent: "Magenta: what the prediction rests on", tabIndex: -1 });
    button.replaceWith(said);
    said.focus(); // as the button was
  } catch (error) {
    status.textContent = error.message;
    button.disabled = false;
  }
};

const isDoubtful = ({ confidence }) => 100 * confidence < byId("threshold").valueAsNumber;

// claims are {confidence, marked, text}: how sure a state is, elements to mark, and the words to show
const refresh = () => {
  byId("limit").value = `${byId("threshold").value} %`;
  for (const claim of [...done.values()].flatMap(({ claims }) => claims)) {
    const doubtful = isDoubtful(claim);
    for (const each of claim.marked) each.classList.toggle("doubtful", doubtful);
    claim.text.hidden = !doubtful;
  }
  byId("csv").disabled = !answersOf("prediction").length;
  byId("find-csv").disabled = !answersOf("controls").length;
};

// a crop: its label, and a bar a class
const showPrediction = ({ results: [prediction] }, { row, file, pictures, body }) => {
  const bars = element("dl");
  for (const [label, value] of Object.entries(prediction.probabilities).sort((a, b) => b[1] - a[1])) {
    bars.append(element("dt", { textContent: label }), element("dd", {}, element("meter", { value, max: 1, ariaLabel: label })), element("dd", { textContent: percent(value) }));
  }
  const text = element("p", { className: "doubt", textContent: "doubtful" });
  const button = element("button", { textContent: "Why?", onclick: () => explain(file, pictures, button) });
  body.append(element("p", { className: "label", textContent: prediction.label }), text, bars, button);
  if (prediction.warning) bars.before(element("p", { className: "warning", textContent: prediction.warning }));
  return { prediction, claims: [{ confidence: prediction.confidence, marked: [row], text }] };
};

const svg = (tag, attributes, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

// a whole screenshot: boxes over the picture, and beside it a list; each points to the other
const showControls = ({ width, height, controls }, { classes, pictures, body }) => {
  const boxes = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const shown = controls.map((control) => showControl(control, classes));
  const point = (chosen) => {
    for (const { group, button } of shown) {
      group.classList.toggle("pointed", group === chosen.group);
      button.ariaCurrent = group === chosen.group ? "true" : null;
    }
  };
  for (const each of shown) {
    each.button.onfocus = () => point(each);
    each.button.onmousemove = ({ movementX, movementY }) => { // not a row that scrolls under the mouse
      if (movementX || movementY) point(each);
    };
    each.button.onclick = () => { // Safari does not focus a button that is clicked
      point(each);
      each.group.scrollIntoView({ block: "nearest" });
    };
    boxes.append(each.group);
  }
  boxes.onclick = (event) => {
    const chosen = hit(shown, event);
    if (!chosen) return;
    point(chosen);
    chosen.button.scrollIntoView({ block: "nearest" });
  };
  pictures.querySelector("img").width = 2 * width; // at most: a crop as large as the page is a blur
  pictures.append(boxes);
  const count = `${controls.length || "No"} control${controls.length === 1 ? "" : "s"} found`;
  body.append(element("p", { className: "label", textContent: count }), element("ol", { className: "controls" }, ...shown.map(({ line }) => line)));
  new ResizeObserver(() => placeStates(shown, width, height, boxes)).observe(boxes);
  return { controls, claims: shown };
};

const showControl = ({ box, kind, kind_confidence, confidence, state, state_confidence }, classes) => {
  const [left, top, right, bottom] = box;
  const said = `${state} ${percent(state_confidence)}, ${kind} ${percent(kind_confidence)}, control ${percent(confidence)}`;
  const label = svg("text", {});
  label.textContent = state;
  const title = svg("title", {});
  title.textContent = said;
  const frame = svg("rect", { x: left - 2, y: top - 2, width: right - left + 4, height: bottom - top + 4 });
  const color = `state${classes.indexOf(state) % COLORS}`;
  const group = svg("g", { class: color }, title, frame, label);
  const text = element("span", { className: "doubt", textContent: " doubtful" });
  const button = element("button", { className: color, textContent: said });
  const line = element("li", {}, button, text);
  return { box, group, label, button, line, text, confidence: state_confidence, marked: [group] };
};

// the control whose box or state was clicked, else the closest one that a finger may have meant
const hit = (shown, { target, clientX, clientY }) => {
  const distance = ({ group }) => {
    const { left, top, right, bottom } = group.querySelector("rect").getBoundingClientRect();
    return Math.hypot(Math.max(left - clientX, clientX - right, 0), Math.max(top - clientY, clientY - bottom, 0));
  };
  const closest = shown.filter((each) => distance(each) <= FINGER).sort((a, b) => distance(a) - distance(b))[0];
  return shown.find(({ group }) => group === target.closest("g")) ?? closest;
};

// each state near its box and inside the picture, as large on the page whatever the picture's scale;
// one that would cover others waits, in the color of its box, until a pointer asks for it
const placeStates = (shown, width, height, boxes) => {
  const shownWidth = boxes.getBoundingClientRect().width;
  if (!shownWidth) return; // the picture is not there yet
  const scale = width / shownWidth;
  const size = LETTERS * scale;
  const taken = shown.map(({ box }) => box);
  for (const { box: [left, top, right, bottom], label } of shown) {
    label.setAttribute("font-size", size);
    const rim = 0.2 * size; // of the color around the letters
    const [length, line] = [label.getComputedTextLength() + 2 * rim, 1.4 * size];
    const gap = 2 * scale;
    const inside = ([x, y]) => {
      const [a, b] = [Math.max(0, Math.min(x, width - length)), Math.max(0, Math.min(y, height - line))];
      return [a, b, a + length, b + line];
    };
    const middle = (top + bottom - line) / 2;
    const places = [[left, top - gap - line], [left, bottom + gap], [left - gap - length, middle], [right + gap, middle]].map(inside);
    const free = places.find((each) => !taken.some((other) => overlap(each, other)));
    const place = free ?? places[0];
    if (free) taken.push(free);
    label.classList.toggle("crowded", !free);
    label.setAttribute("x", place[0] + rim);
    label.setAttribute("y", place[1] + 1.1 * size); // of the letters' foot
  }
};

const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

const isScreen = async (file) => {
  try {
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    bitmap.close();
    return Math.min(width, height) >= SCREEN;
  } catch {
    return false; // the service says what is wrong with it
  }
};

// what the service is asked, how its answer is shown, and what else it could be asked
const WAYS = {
  predict: { display: showPrediction, other: "find", button: "One control" },
  find: { display: showControls, other: "predict", button: "Find the controls in it" },
};

const show = async (file, before) => {
  const row = element("li");
  results.insertBefore(row, before);
  return ask((await isScreen(file)) ? "find" : "predict", file, row);
};

// whether it was answered
const ask = async (way, file, row) => {
  const { display, other } = WAYS[way];
  const name = file.name || "pasted image";
  const pictures = element("div", {}, element("img", { src: URL.createObjectURL(file), alt: "" }));
  const body = element("div", {}, element("h2", { textContent: name }));
  done.delete(row);
  refresh();
  row.className = way === "find" ? "screen" : "";
  row.replaceChildren(pictures, body);
  try {
    const answer = await (await send(way, file)).json();
    const { classes } = await info;
    done.set(row, { name, ...display(answer, { classes, row, file, pictures, body }) });
  } catch (error) {
    body.append(element("p", { className: "error", textContent: error.message }));
  }
  body.append(element("button", { className: "other", textContent: WAYS[other].button, onclick: () => askAgain(other, file, row) }));
  refresh();
  return done.has(row);
};

const askAgain = async (way, file, row) => {
  status.textContent = "1 of 1";
  status.textContent = (await ask(way, file, row)) ? "1 done" : "It failed";
  if (document.activeElement === document.body) row.querySelector(".other").focus(); // it was on a button now gone
};

const take = async (files) => {
  const before = results.firstChild; // the newest on top, those of one drop in their order
  let count = 0, answered = 0;
  for (const file of files) {
    status.textContent = `${++count} of ${files.length}`;
    answered += await show(file, before);
  }
  const failed = answered < count ? `, ${count - answered} failed` : "";
  status.textContent = count ? `${answered} done${failed}` : "";
};

// the answers of this kind, in the order of the page
const answersOf = (kind) => [...results.children].map((row) => done.get(row)).filter((answer) => answer?.[kind]);

const downloadPredictions = () => {
  const answers = answersOf("prediction");
  const classes = Object.keys(answers[0].prediction.probabilities);
  const lines = answers.map(({ name, prediction: p }) => [name, p.label, p.confidence, ...classes.map((c) => p.probabilities[c]), isDoubtful(p)]);
  downloadCsv([["path", "label", "confidence", ...classes.map((c) => `p_${c}`), "doubtful"], ...lines]);
};

// the columns of `checkstate find --csv`
const downloadControls = () => {
  const header = ["path", "left", "top", "right", "bottom", "kind", "kind_confidence", "confidence", "state", "state_confidence"];
  const lines = answersOf("controls").flatMap(({ name, controls }) =>
    controls.map((c) => [name, ...c.box, c.kind, c.kind_confidence, c.confidence, c.state, c.state_confidence]));
  downloadCsv([header, ...lines]);
};

// --- the model, and how a program asks it

const describe = async () => {
  const model = await info;
  byId("about").textContent = `Model ${model.name}: ${model.classes.join(", ")}; ${(model.bytes / 1e6).toFixed(2)} MB`;
  const { finder } = model;
  byId("finder").textContent = `Finder ${finder.file}: ${finder.kinds.join(", ")}; ${(finder.bytes / 1e6).toFixed(2)} MB; from a confidence of ${percent(finder.threshold)}`;
  byId("note").textContent = model.note;
  byId("figures").append(...model.figures.map(({ what, figure }) => element("tr", {}, element("th", { scope: "row", textContent: what }), element("td", { textContent: figure }))));
  if (!model.figures.length) byId("figures").replaceWith(element("p", { textContent: "No model card beside the file says its md5; `checkstate report` writes one." }));
  const base = new URL(document.baseURI);
  base.hash = "";
  const [header, headers] = model.token ? [" -H 'Authorization: Bearer YOURS'", ', headers={"Authorization": "Bearer YOURS"}'] : ["", ""];
  const snippets = (path, file, then) => [`curl${header} -F files=@${file} ${new URL(path, base)}`, `import httpx

with open("${file}", "rb") as file:
    answer = httpx.post("${new URL(path, base)}", files={"files": file}${headers})
${then}`];
  [byId("curl").textContent, byId("python").textContent] = snippets("predict", "crop.png", 'print(answer.json()["results"][0]["label"])');
  [byId("find-curl").textContent, byId("find-python").textContent] = snippets("find", "screen.png", `for control in answer.json()["controls"]:
    print(control["box"], control["kind"], control["state"])`);
};

// --- what the user does

takeFiles(take);
byId("threshold").addEventListener("input", refresh);
byId("csv").addEventListener("click", downloadPredictions);
byId("find-csv").addEventListener("click", downloadControls);
byId("samples").addEventListener("click", async (event) => {
  const image = event.target.closest("button")?.querySelector("img");
  if (!image) return;
  const blob = await (await fetch(image.src)).blob();
  take([new File([blob], image.src.split("/").at(-1), { type: blob.type })]);
});
describe();
