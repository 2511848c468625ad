// What the service's page and the static one share: files that a user gives, tables to take along.

const FORMULA = /^[=+\-@\t\r]/; // by which a spreadsheet takes a cell for a formula (OWASP)

export const byId = (id) => document.getElementById(id);

export const element = (tag, props = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), props);
  made.append(...children);
  return made;
};

// files that are chosen, pasted, or dropped anywhere; #drop shows that they may be dropped
export const takeFiles = (take) => {
  byId("file").addEventListener("change", (event) => take([...event.target.files]).then(() => { event.target.value = ""; }));
  document.addEventListener("paste", (event) => take([...event.clipboardData.files]));
  for (const name of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault();
      byId("drop").classList.toggle("over", name === "dragover");
      if (name === "drop") take([...event.dataTransfer.files]);
    });
  }
};

const cell = (value) => {
  const text = String(value);
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

// the format of `checkstate predict --csv`
export const downloadCsv = (lines) => {
  const text = lines.map((line) => `${line.map(cell).join(",")}\n`).join("");
  const href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  element("a", { href, download: "checkstate.csv" }).click();
  URL.revokeObjectURL(href);
};
