import { byId, downloadCsv, element, takeFiles } from "./files.js";

const results = byId("results");
const status = byId("status");
const done = new Map(); // a row of the list to its file's name and its prediction
// not by URLSearchParams, to which a plus sign is a space
const token = decodeURIComponent((/token=(.*)/.exec(location.hash) ?? ["", ""])[1]);

const SCREEN = 160; // pixels of the shorter side: crops of a control are smaller
const percent = (value) => `${(100 * value).toFixed(1)} %`;

const send = async (path, file) => {
  const form = new FormData();
  form.append("files", file, file.name || "pasted.png");
  const response = await fetch(path, { method: "POST", body: form, headers: token ? { Authorization: `Bearer ${token}` } : {} });
  if (response.ok) return response;
  if (response.status === 401) throw new Error("A token is needed: open this page as /#token=YOURS");
  const { detail } = await response.json();
  throw new Error(detail.replace(`${file.name}: `, ""));
};

// --- results

const explain = async (file, place, button) => {
  button.disabled = true;
  try {
    const src = URL.createObjectURL(await (await send("explain", file)).blob());
    place.append(element("img", { src, alt: "What the prediction rests on, in magenta over gray" }));
    button.replaceWith(element("p", { textContent: "Magenta: what the prediction rests on" }));
  } catch (error) {
    status.textContent = error.message;
    button.disabled = false;
  }
};

const isDoubtful = ({ confidence }) => 100 * confidence < byId("threshold").valueAsNumber;

const mark = () => {
  byId("limit").value = `${byId("threshold").value} %`;
  for (const [row, prediction] of done) {
    const doubtful = isDoubtful(prediction);
    row.classList.toggle("doubtful", doubtful);
    row.querySelector(".doubt").hidden = !doubtful;
  }
};

const svg = (tag, attributes, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
};

// a whole screenshot: boxes over the picture, and beside it a list that points to them
const showControls = ({ width, height, controls }, pictures, body) => {
  const boxes = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
  const list = element("ol", { className: "controls" });
  for (const { box: [left, top, right, bottom], kind, state, state_confidence } of controls) {
    const box = svg("rect", { x: left - 2, y: top - 2, width: right - left + 4, height: bottom - top + 4, class: state });
    const point = (on) => () => box.classList.toggle("pointed", on);
    const button = element("button", { textContent: `${state} ${kind}, ${percent(state_confidence)}`, onfocus: point(true), onblur: point(false), onmouseenter: point(true), onmouseleave: point(false) });
    boxes.append(box);
    list.append(element("li", {}, button));
  }
  pictures.append(boxes);
  const count = `${controls.length} control${controls.length === 1 ? "" : "s"}`;
  body.append(element("p", { className: "label", textContent: count }), list);
};

const isScreen = async (file) => {
  try {
    const { width, height } = await createImageBitmap(file);
    return Math.min(width, height) >= SCREEN;
  } catch {
    return false; // the service says what is wrong with it
  }
};

const show = async (file, before) => {
  const image = element("img", { src: URL.createObjectURL(file), alt: "" });
  const name = file.name || "pasted image";
  const pictures = element("div", {}, image);
  const body = element("div", {}, element("h2", { textContent: name }));
  const row = element("li", {}, pictures, body);
  results.insertBefore(row, before);
  try {
    if (await isScreen(file)) {
      row.classList.add("screen");
      showControls(await (await send("find", file)).json(), pictures, body);
      return;
    }
    const [prediction] = (await (await send("predict", file)).json()).results;
    const bars = element("dl");
    for (const [label, value] of Object.entries(prediction.probabilities).sort((a, b) => b[1] - a[1])) {
      bars.append(element("dt", { textContent: label }), element("dd", {}, element("meter", { value, max: 1, ariaLabel: label })), element("dd", { textContent: percent(value) }));
    }
    const button = element("button", { textContent: "Why?", onclick: () => explain(file, pictures, button) });
    body.append(element("p", { className: "label", textContent: prediction.label }), element("p", { className: "doubt", textContent: "doubtful", hidden: true }), bars, button);
    done.set(row, { ...prediction, name });
    byId("csv").disabled = false;
    mark();
  } catch (error) {
    body.append(element("p", { className: "error", textContent: error.message }));
  }
};

const take = async (files) => {
  const before = results.firstChild; // the newest on top, those of one drop in their order
  let count = 0;
  for (const file of files) {
    status.textContent = `${++count} of ${files.length}`;
    await show(file, before);
  }
  status.textContent = files.length ? `${files.length} done` : "";
};

const download = () => {
  const predictions = [...results.children].filter((row) => done.has(row)).map((row) => done.get(row));
  const classes = Object.keys(predictions[0].probabilities);
  const lines = predictions.map((p) => [p.name, p.label, p.confidence, ...classes.map((c) => p.probabilities[c]), isDoubtful(p)]);
  const header = ["path", "label", "confidence", ...classes.map((c) => `p_${c}`), "doubtful"];
  downloadCsv([header, ...lines]);
};

// --- the model, and how a program asks it

const describe = async () => {
  const model = await (await fetch("info")).json();
  byId("about").textContent = `Model ${model.name}: ${model.classes.join(", ")}; ${(model.bytes / 1e6).toFixed(2)} MB`;
  byId("note").textContent = model.note;
  byId("figures").append(...model.figures.map(({ what, figure }) => element("tr", {}, element("th", { scope: "row", textContent: what }), element("td", { textContent: figure }))));
  if (!model.figures.length) byId("figures").replaceWith(element("p", { textContent: "No model card beside the file says its md5; `checkstate report` writes one." }));
  const url = new URL("predict", document.baseURI);
  url.hash = "";
  const [header, headers] = model.token ? [" -H 'Authorization: Bearer YOURS'", ', headers={"Authorization": "Bearer YOURS"}'] : ["", ""];
  byId("curl").textContent = `curl${header} -F files=@crop.png ${url}`;
  byId("python").textContent = `import httpx

with open("crop.png", "rb") as file:
    answer = httpx.post("${url}", files={"files": file}${headers})
print(answer.json()["results"][0]["label"])`;
};

// --- what the user does

takeFiles(take);
byId("threshold").addEventListener("input", mark);
byId("csv").addEventListener("click", download);
byId("samples").addEventListener("click", async (event) => {
  const image = event.target.closest("button")?.querySelector("img");
  if (!image) return;
  const blob = await (await fetch(image.src)).blob();
  take([new File([blob], image.src.split("/").at(-1), { type: blob.type })]);
});
describe();
