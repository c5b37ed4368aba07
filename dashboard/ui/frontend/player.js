const WHOLE = 8000;  // ms from the first frame to the last, at 1x
const SPEEDS = [0.5, 1, 2, 4];

// Buttons and a slider over the names of frames; `show` is called with the index of the current frame.
class Player {
  constructor(node, show) {
    this.node = node;
    this.show = show;
    this.names = [];
    this.position = 0;  // index of the frame plus, while playing, the fraction to the next one
    this.speed = 1;
    this.isPlaying = false;
    this.build();
  }

  get index() {
    return Math.floor(this.position);
  }

  build() {
    const button = (name, picture, onclick) =>
      element("button", { type: "button", title: name, ariaLabel: name, onclick }, icon(picture));
    this.toggle = button("Play", "play", () => (this.isPlaying ? this.pause() : this.play()));
    this.range = element("input", { type: "range", min: 0, step: 1, ariaLabel: "Epoch" });
    this.range.oninput = () => this.stepTo(this.range.valueAsNumber);
    this.place = element("output", { ariaHidden: "true" });
    const speeds = SPEEDS.map((speed) => element("option", { value: speed, selected: speed === 1 }, `${speed}x`));
    this.select = element("select", { ariaLabel: "Speed", title: "Speed" }, ...speeds);
    this.select.onchange = () => (this.speed = Number(this.select.value));
    this.node.append(
      this.toggle,
      button("Step back", "back", () => this.stepTo(this.index - 1)),
      button("Step forward", "forward", () => this.stepTo(this.index + 1)),
      element("span", { className: "lab-epoch", ariaHidden: "true" }, "Epoch ", this.place),
      this.range,
      this.select,
    );
  }

  // Keeps the current epoch if the new frames contain it.
  setNames(names) {
    const found = names.indexOf(this.names[this.index]);
    if (found >= 0) this.position += found - this.index;
    this.names = names;
    this.position = Math.min(this.position, Math.max(names.length - 1, 0));
    this.node.hidden = names.length < 2;
    if (this.node.hidden) this.pause();
    this.label();
  }

  play() {
    if (this.index >= this.names.length - 1) this.moveTo(0);
    this.isPlaying = true;
    this.label();
    this.then = undefined;
    this.request = requestAnimationFrame((now) => this.advance(now));
  }

  pause() {
    this.isPlaying = false;
    cancelAnimationFrame(this.request);
    this.label();
  }

  advance(now) {
    const last = this.names.length - 1;
    const elapsed = Math.min(now - (this.then ?? now), 250);  // the animation pauses on a background page
    this.then = now;
    this.moveTo(Math.min(this.position + (elapsed * this.speed * last) / WHOLE, last));
    if (this.index >= last) this.pause();
    else this.request = requestAnimationFrame((later) => this.advance(later));
  }

  stepTo(index) {
    this.pause();
    this.moveTo(Math.min(Math.max(index, 0), this.names.length - 1));
  }

  moveTo(position) {
    const before = this.index;
    this.position = position;
    if (this.index === before) return;
    this.label();
    this.show(this.index);
  }

  label() {
    const name = this.names[this.index] ?? "", action = this.isPlaying ? "Pause" : "Play";
    this.range.max = Math.max(this.names.length - 1, 0);
    this.range.value = this.index;
    setAttribute(this.range, "aria-valuetext", name);
    setText(this.place, name);
    this.place.style.minWidth = `${Math.max(...this.names.map((each) => each.length), 1)}ch`;
    if (this.toggle.title === action) return;
    this.toggle.title = this.toggle.ariaLabel = action;
    this.toggle.replaceChildren(icon(action.toLowerCase()));
  }
}
