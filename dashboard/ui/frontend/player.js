const SPEEDS = [0.5, 1, 2, 4];
const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

// Buttons and a slider for a clock; `settled` is called when the reader has chosen an epoch, follows, or plays.
class Player {
  constructor(node, clock, settled = () => {}) {
    Object.assign(this, { node, clock, settled, isLive: false, wasPlaying: false });
    this.build();
    this.listener = () => this.label();
    clock.listeners.add(this.listener);
    this.label();
  }

  build() {
    const button = (name, picture, onclick) =>
      element("button", { type: "button", title: name, ariaLabel: name, onclick }, icon(picture));
    const { clock } = this;
    this.toggle = button("Play", "play", () => this.playOrPause());
    this.range = element("input", { type: "range", min: 0, step: 1, ariaLabel: "Epoch" });
    this.range.oninput = () => clock.stepTo(this.range.valueAsNumber);
    this.range.onchange = () => this.settled();
    this.place = element("output", { ariaHidden: "true" });
    const speeds = SPEEDS.map((speed) => element("option", { value: speed, selected: speed === 1 }, `${speed}x`));
    this.select = element("select", { ariaLabel: "Speed", title: "Speed" }, ...speeds);
    this.select.onchange = () => (clock.speed = Number(this.select.value));
    this.loop = button("Loop", "loop", () => {
      clock.isLooping = !clock.isLooping;
      this.label();
    });
    this.followed = element("button", { type: "button", title: "Show the newest epoch" }, "Follow");
    this.followed.onclick = () => {
      clock.follow();
      this.settled();
    };
    const step = (by) => () => this.step(by);
    this.node.append(
      this.toggle,
      button("Step back", "back", step(-1)),
      button("Step forward", "forward", step(1)),
      element("span", { className: "lab-epoch", ariaHidden: "true" }, "Epoch ", this.place),
      this.range,
      this.loop,
      this.select,
      this.followed,
    );
    this.node.addEventListener("keydown", (event) => this.press(event));
  }

  playOrPause() {
    if (this.clock.isPlaying || this.clock.isFollowing) this.clock.pause();
    else this.clock.play();
    this.settled();
  }

  step(by) {
    this.clock.stepTo(this.clock.index + by);
    this.settled();
  }

  // Keys of the whole player; the slider and the choice of speed have arrows of their own, buttons have the space bar.
  press(event) {
    const { tagName, type } = event.target;
    if (event.altKey || event.ctrlKey || event.metaKey || tagName === "SELECT") return;
    if (event.key === " " && type === "range") this.playOrPause();
    else if (event.key in STEPS && type !== "range") this.step(STEPS[event.key]);
    else return;
    event.preventDefault();
  }

  label() {
    const { clock, node } = this;
    const name = clock.name ?? "", isMoving = clock.isPlaying || clock.isFollowing;
    const action = isMoving ? "Pause" : "Play";
    node.hidden = clock.names.length < 2 && !this.isLive;
    this.range.max = Math.max(clock.names.length - 1, 0);
    this.range.value = clock.index;
    setAttribute(this.range, "aria-valuetext", name);
    setText(this.place, name);
    this.place.style.minWidth = `${Math.max(...clock.names.map((each) => each.length), 1)}ch`;
    setAttribute(this.loop, "aria-pressed", String(clock.isLooping));
    this.followed.hidden = !this.isLive;
    setAttribute(this.followed, "aria-pressed", String(clock.isFollowing));
    if (this.wasPlaying && !clock.isPlaying) this.settled();  // it came to the end
    this.wasPlaying = clock.isPlaying;
    if (this.toggle.title === action) return;
    this.toggle.title = this.toggle.ariaLabel = action;
    this.toggle.replaceChildren(icon(action.toLowerCase()));
  }

  remove() {
    this.clock.listeners.delete(this.listener);
  }
}
