// A button that shows a block on the whole screen and back; `changed` is called after each. The Escape key leaves.
// Where the browser has no full screen for elements, as on iPhones, the block covers the page instead.
class FullScreen {
  constructor(block, changed) {
    Object.assign(this, { block, changed });
    const properties = { type: "button", title: "Full screen", ariaPressed: "false", onclick: () => this.toggle() };
    this.button = element("button", properties, icon("expand"));
    this.moved = () => this.set(document.fullscreenElement === block);
    this.pressed = (event) => {
      if (event.key === "Escape" && this.isOn) this.leave();
    };
    block.addEventListener("fullscreenchange", this.moved);
    document.addEventListener("keydown", this.pressed);
  }

  get isOn() {
    return this.block.classList.contains("lab-full-screen");
  }

  set(isOn) {
    if (isOn === this.isOn) return;
    this.block.classList.toggle("lab-full-screen", isOn);
    this.button.ariaPressed = String(isOn);
    this.changed();
  }

  async toggle() {
    if (this.isOn) return this.leave();
    try {
      await this.block.requestFullscreen();
    } catch {
      this.set(true);  // the method is missing or forbidden here
    }
  }

  leave() {
    if (document.fullscreenElement === this.block) document.exitFullscreen();
    else this.set(false);
  }

  remove() {
    document.removeEventListener("keydown", this.pressed);
  }
}
