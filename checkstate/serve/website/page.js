import { byId, downloadCsv, element, takeFiles } from "./files.js";
import { loadPredictor } from "./predictor.js";

const rows = []; // {name, probabilities, label, confidence}, the last two cells of the table
const status = byId("status");
const loading = loadPredictor();

const confidenceOf = ({ probabilities }) => Math.max(...probabilities);
const labelOf = (row, classes) => {
  const isSure = confidenceOf(row) >= Number(byId("threshold").value);
  return isSure ? classes[row.probabilities.indexOf(confidenceOf(row))] : "";
};

function showLabels({ metadata }) {
  for (const row of rows) {
    row.label.textContent = labelOf(row, metadata.classes) || "(unsure)";
    row.confidence.textContent = `${(100 * confidenceOf(row)).toFixed(1)} %`;
  }
}

async function add(file, predictor) {
  const name = file.name || "pasted image";
  const label = element("td"), confidence = element("td", { className: "number" });
  const source = URL.createObjectURL(file);
  const picture = element("img", { src: source, alt: "" });
  const line = element("tr", {}, element("td", {}, picture), element("td", { textContent: name }), label, confidence);
  byId("rows").append(line);
  try {
    const { probabilities, isScreenshot } = await predictor.predict(file);
    rows.push({ name, probabilities, label, confidence });
    if (isScreenshot) line.children[1].append(element("small", { textContent: "This looks like a whole screenshot; the model takes a crop of one control." }));
  } catch (error) {
    picture.remove();
    label.replaceWith(element("td", { className: "error", colSpan: 2, textContent: error.message }));
    confidence.remove();
  }
}

async function take(files) {
  const predictor = await loading;
  let done = 0;
  for (const file of files) {
    await add(file, predictor);
    status.textContent = `${++done} of ${files.length} done`;
  }
  showLabels(predictor);
}

// The columns of `checkstate predict --csv`.
function csvLines({ classes }) {
  const header = ["path", "label", "confidence", ...classes.map((name) => `p_${name}`)];
  const lines = rows.map((row) => [
    row.name,
    labelOf(row, classes),
    ...[confidenceOf(row), ...row.probabilities].map((number) => number.toFixed(6)),
  ]);
  return [header, ...lines];
}

async function download() {
  const { metadata } = await loading;
  downloadCsv(csvLines(metadata));
}

takeFiles(take);
byId("threshold").addEventListener("input", async () => showLabels(await loading));
byId("csv").addEventListener("click", download);

try {
  const { metadata } = await loading;
  byId("model").textContent = `Classes: ${metadata.classes.join(", ")}. Model file: md5 ${metadata.md5}.`;
  status.textContent = "Ready";
} catch (error) {
  status.textContent = `The model could not be loaded: ${error.message}`;
}
