let panels = 0;

// Only exact 0 and 1 are shown as 0% and 100%.
function percent(share) {
  if (share === null) return "–";
  if (share > 0.995 && share < 1) return ">99%";
  if (share < 0.005 && share > 0) return "<1%";
  return `${Math.round(100 * share)}%`;
}

// Runs by attacks, in a box that scrolls sideways if needed; the data come from `grid_data` in example_grid.py.
class ExampleGrid {
  constructor(box) {
    this.box = box;
    this.table = element("div", { className: "lab-grid", role: "table" });
    this.panel = new ProbabilityPanel();
    this.dialog = new ExampleDialog();
    this.shown = null;
    this.shape = "";
    const scroller = element("div", { className: "lab-grid-box" }, this.table);
    scroller.onscroll = () => this.panel.place(this.shown?.button);
    box.append(scroller, this.panel.node, this.dialog.node);
    this.follow = () => this.panel.place(this.shown?.button);
    this.escape = (event) => event.key === "Escape" && this.close();
    addEventListener("scroll", this.follow, { capture: true, passive: true });
    addEventListener("resize", this.follow);
    addEventListener("keydown", this.escape);
  }

  show(data) {
    this.data = data;
    const shape = `${data.rows.length} x ${data.columns.length}`;
    if (shape !== this.shape) this.build(data.rows.length, data.columns.length);
    this.shape = shape;
    setAttribute(this.table, "aria-label", `Test image of class ${data.truth}: runs by attacks`);
    data.columns.forEach((name, column) => setText(this.heads[column], name));
    data.rows.forEach((row, place) => {
      const line = this.lines[place];
      setText(line.label, row.label);
      line.swatch.style.backgroundColor = shade(row.color, line.swatch);
      row.cells.forEach((cell, column) => line.cells[column].show(cell, row.label, data.columns[column], data.truth));
    });
    if (this.shown?.data) this.panel.show(this.shown, data);
    else this.close();
    if (this.dialog.node.open) this.dialog.show(data);
  }

  build(rows, columns) {
    this.close();
    this.dialog.node.close();
    this.table.style.setProperty("--columns", columns);
    this.heads = Array.from({ length: columns }, () => element("div", { className: "lab-head", role: "columnheader" }));
    this.lines = Array.from({ length: rows }, () => this.buildLine(columns));
    const corner = element("div", { className: "lab-corner", role: "columnheader" }, "Run");
    this.table.replaceChildren(
      element("div", { className: "lab-line", role: "row" }, corner, ...this.heads),
      ...this.lines.map((line) => line.node),
    );
  }

  buildLine(columns) {
    const label = element("span"), swatch = element("span", { className: "lab-swatch", ariaHidden: "true" });
    const cells = Array.from({ length: columns }, () => new ExampleCell());
    for (const cell of cells) {
      cell.button.onpointerenter = () => this.open(cell);
      cell.button.onpointerleave = () => this.close();
      cell.button.onfocus = () => cell.button.matches(":focus-visible") && this.open(cell);
      cell.button.onblur = () => this.close();
      cell.button.onclick = () => this.enlarge(cell, cells[0]);
    }
    const head = element("div", { className: "lab-run", role: "rowheader" }, swatch, label);
    const node = element("div", { className: "lab-line", role: "row" }, head, ...cells.map((cell) => cell.node));
    return { node, label, swatch, cells };
  }

  open(cell) {
    this.shown = cell;
    this.panel.show(cell, this.data);
    setAttribute(cell.button, "aria-describedby", this.panel.node.id);
  }

  close() {
    if (this.shown) setAttribute(this.shown.button, "aria-describedby", null);
    this.shown = null;
    this.panel.hide();
  }

  enlarge(cell, original) {
    this.close();
    this.dialog.open(cell, original, this.data);
  }

  remove() {
    removeEventListener("scroll", this.follow, { capture: true });
    removeEventListener("resize", this.follow);
    removeEventListener("keydown", this.escape);
  }
}

class ExampleCell {
  constructor() {
    const part = (tag, className) => element(tag, { className, hidden: true });
    this.image = part("img", "lab-image");
    this.perturbation = part("img", "lab-image lab-perturbation");
    this.scale = part("span", "lab-scale");
    this.mark = element("span", { ariaHidden: "true" });
    this.prediction = element("span", { className: "lab-prediction" });
    this.verdict = element("span", { className: "lab-verdict" }, this.mark, this.prediction);
    this.confidence = part("span", "lab-fact");
    this.truth = part("span", "lab-fact");
    this.note = part("span", "lab-fact lab-note");
    const pictures = [this.image, this.perturbation, this.scale];
    const facts = [this.verdict, this.confidence, this.truth, this.note];
    this.button = element("button", { type: "button", ariaHasPopup: "dialog" }, ...pictures, ...facts);
    this.absence = element("span", { className: "lab-absence" }, "not attacked");
    this.node = element("div", { className: "lab-cell", role: "cell" }, this.button, this.absence);
  }

  show(cell, run, column, truth) {
    this.data = cell;
    this.button.hidden = !cell;
    this.absence.hidden = Boolean(cell);
    if (!cell) return;
    const verdict = cell.isCorrect ? "right" : "wrong";
    const word = cell.isCorrect ? "correct" : "wrong";
    const alt = `${run}, ${column}: predicted ${cell.prediction}, ${word}, confidence ${percent(cell.confidence)}`;
    this.name = `${run}, ${column}`;
    setAttribute(this.image, "alt", alt);
    setAttribute(this.image, "src", cell.image);
    this.image.hidden = false;
    this.perturbation.hidden = this.scale.hidden = !cell.perturbation;
    if (cell.perturbation) {
      setAttribute(this.perturbation, "alt", `Perturbation by ${column} against ${run}`);
      setAttribute(this.perturbation, "src", cell.perturbation);
      setText(this.scale, cell.limit === null ? "" : `±${cell.limit.toFixed(3)}`);
      this.scale.classList.toggle("lab-signed", cell.isGray);
      this.scale.title = cell.isGray ? "Blue: darker, red: brighter" : "Each channel is shown around middle gray";
    }
    this.verdict.dataset.verdict = this.button.dataset.verdict = verdict;
    setText(this.mark, cell.isCorrect ? "✓ " : "✗ ");
    setText(this.prediction, cell.prediction);
    setFact(this.confidence, `confidence ${percent(cell.confidence)}`);
    setFact(this.truth, cell.isCorrect ? "" : `true class ${truth}: ${percent(cell.trueConfidence)}`);
    setFact(this.note, cell.note);
    this.norms = norms(cell);
    const prediction = `${this.mark.textContent}${cell.prediction}, ${this.confidence.textContent}`;
    this.words = [prediction, this.truth.textContent, this.note.textContent].filter(Boolean);
    const facts = [this.truth.textContent, ...this.norms, this.note.textContent].filter(Boolean);
    setAttribute(this.button, "aria-label", [alt, ...facts].join("; "));
  }
}

// Size of a perturbation; nothing for a clean image.
function norms({ linf, l2, changed }) {
  return [
    linf === null ? "" : `l∞ ${linf.toFixed(3)}`,
    l2 === null ? "" : `l₂ ${l2.toFixed(2)}`,
    changed === null ? "" : `${percent(changed)} of pixels changed`,
  ].filter(Boolean);
}

function setFact(node, text) {
  setText(node, text);
  node.hidden = text === "";
}

// Size of the perturbation and probability bars of one cell, in a popover beside the cell.
class ProbabilityPanel {
  constructor() {
    this.title = element("div", { className: "lab-panel-title" });
    this.norms = element("div", { className: "lab-norms" });
    this.bars = new ProbabilityBars();
    const properties = { className: "lab-panel", id: `lab-panel-${++panels}`, role: "tooltip", popover: "manual" };
    this.node = element("div", properties, this.title, this.norms, this.bars.node);
  }

  show(cell, data) {
    setText(this.title, cell.name);
    setFact(this.norms, cell.norms.join(" · "));
    this.bars.show(cell.data, data);
    if (!this.node.matches(":popover-open")) this.node.showPopover();
    this.place(cell.button);
  }

  place(button) {
    if (!button) return;
    const cell = button.getBoundingClientRect(), own = this.node.getBoundingClientRect(), gap = 8;
    const hasRoom = cell.right + gap + own.width <= innerWidth;
    const left = hasRoom ? cell.right + gap : cell.left - gap - own.width;
    this.node.style.left = `${Math.max(gap, left)}px`;
    this.node.style.top = `${Math.max(gap, Math.min(cell.top, innerHeight - own.height - gap))}px`;
  }

  hide() {
    if (this.node.matches(":popover-open")) this.node.hidePopover();
  }
}

// A bar per class: the probability that the network gives it.
class ProbabilityBars {
  constructor() {
    this.node = element("div", { className: "lab-bars" });
    this.lines = [];
  }

  show({ prediction, probabilities }, { classes, truth }) {
    if (this.lines.length !== classes.length) {
      this.lines = classes.map(() => buildBar());
      this.node.replaceChildren(...this.lines.flatMap((line) => [line.name, line.track, line.share]));
    }
    classes.forEach((name, position) => {
      const line = this.lines[position], share = probabilities[position], isTrue = name === truth;
      setText(line.name, isTrue ? `${name} (true)` : name);
      line.name.classList.toggle("lab-true", isTrue);
      line.bar.style.width = `${100 * (share ?? 0)}%`;
      line.bar.dataset.kind = isTrue ? "true" : name === prediction ? "predicted" : "other";
      setText(line.share, percent(share));
    });
  }
}

function buildBar() {
  const bar = element("span"), track = element("span", { className: "lab-track", ariaHidden: "true" }, bar);
  return { name: element("span"), bar, track, share: element("span", { className: "lab-share" }) };
}
