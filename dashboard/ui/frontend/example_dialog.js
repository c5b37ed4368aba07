const FLICKER_MS = { usual: 500, reduced: 1000 };  // from one picture to the next; less than three a second

// One cell enlarged: the clean image, the adversarial one, and their difference, in a dialog over the page.
class ExampleDialog {
  constructor() {
    this.title = element("h2", { className: "lab-large-title", id: `lab-large-${++panels}` });
    this.flicker = element("button", { type: "button", onclick: () => this.setFlicker(!this.timer) }, "Flicker");
    const close = element("button", { type: "button", onclick: () => this.node.close() }, "Close");
    this.clean = new LargePicture();
    this.adversarial = new LargePicture();
    this.difference = new LargePicture();
    this.bars = new ProbabilityBars();
    const pictures = [this.clean, this.adversarial, this.difference].map((picture) => picture.node);
    this.node = element(
      "dialog",
      { className: "lab-large", "aria-labelledby": this.title.id },
      element("div", { className: "lab-large-head" }, this.title, this.flicker, close),
      element("div", { className: "lab-large-pictures" }, ...pictures),
      this.bars.node,
    );
    this.node.onclick = (event) => event.target === this.node && this.isOutside(event) && this.node.close();
    this.node.onclose = () => this.leave();
  }

  open(cell, original, data) {
    this.cell = cell;
    this.original = original;
    this.setFlicker(false);
    this.show(data);
    this.node.showModal();
  }

  // Draw the cell, again if its data have changed; without data the dialog closes.
  show(data) {
    if (!this.cell?.data) return this.node.close();
    const { cell, original } = this, isAttack = cell !== original;
    setText(this.title, cell.name);
    this.flicker.hidden = !isAttack || !original.data;
    this.clean.show("Clean", original.data && original.image, original.words);
    this.showAdversarial();
    const { perturbation, limit } = cell.data;
    const scale = limit === null ? "" : `, amplified: full color at ±${limit.toFixed(3)}`;
    this.difference.show(`Difference${scale}`, perturbation && cell.perturbation, cell.norms);
    this.bars.show(cell.data, data);
  }

  showAdversarial() {
    const { cell, original } = this;
    if (this.isClean) this.adversarial.show("Clean", original.image, original.words);
    else this.adversarial.show("Adversarial", cell !== original && cell.image, cell.words);
  }

  setFlicker(isOn) {
    clearInterval(this.timer);
    const pace = prefersStill() ? FLICKER_MS.reduced : FLICKER_MS.usual;
    this.isClean = false;
    this.timer = isOn ? setInterval(() => this.alternate(), pace) : null;
    setAttribute(this.flicker, "aria-pressed", String(isOn));
    this.showAdversarial();
  }

  alternate() {
    this.isClean = !this.isClean;
    this.showAdversarial();
  }

  isOutside({ clientX, clientY }) {
    const { left, right, top, bottom } = this.node.getBoundingClientRect();
    return clientX < left || clientX > right || clientY < top || clientY > bottom;
  }

  leave() {
    this.setFlicker(false);
    this.cell.button.focus();
    this.cell = null;
  }
}

// A picture with its name and lines of text; hidden if there is no picture.
class LargePicture {
  constructor() {
    this.image = element("img", { className: "lab-image" });
    this.name = element("span", { className: "lab-large-name" });
    this.facts = element("span", { className: "lab-fact" });
    this.node = element("figure", {}, this.image, element("figcaption", {}, this.name, this.facts));
  }

  show(name, source, facts) {
    this.node.hidden = !source;
    if (!source) return;
    setAttribute(this.image, "src", source.src);
    setAttribute(this.image, "alt", source.alt);
    setText(this.name, name);
    setText(this.facts, facts.join("\n"));
  }
}
