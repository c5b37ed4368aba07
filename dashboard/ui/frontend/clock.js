const WHOLE = 6000;  // ms from the first epoch to the last, at 1x

// The current one of several epochs, and its playback. Charts and a player listen to one clock; a clock with a name is
// shared by all components of the page.
class Clock {
  static named(name) {
    const clocks = (window.labClocks ??= new Map());  // every component is a module of its own
    if (!clocks.has(name)) clocks.set(name, new Clock());
    return clocks.get(name);
  }

  constructor() {
    this.names = [];
    this.position = 0;  // index of the epoch plus, while playing, the fraction to the next one
    this.speed = 1;
    this.isPlaying = this.isLooping = this.isFollowing = false;
    this.listeners = new Set();
  }

  get index() {
    return Math.floor(this.position);
  }

  get name() {
    return this.names[this.index];
  }

  tell() {
    for (const listener of this.listeners) listener();
  }

  // Keeps the current epoch if the new ones contain it.
  setNames(names) {
    const found = names.indexOf(this.name);
    if (found >= 0) this.position += found - this.index;
    this.names = names;
    this.position = Math.min(this.position, Math.max(names.length - 1, 0));
    if (this.isFollowing) this.position = Math.max(names.length - 1, 0);
    if (names.length < 2) this.pause();
    this.tell();
  }

  play() {
    this.isFollowing = false;
    if (this.index >= this.names.length - 1) this.position = 0;
    this.isPlaying = true;
    this.then = undefined;
    cancelAnimationFrame(this.request);
    this.request = requestAnimationFrame((now) => this.advance(now));
    this.tell();
  }

  pause() {
    this.isPlaying = this.isFollowing = false;
    this.position = this.index;
    cancelAnimationFrame(this.request);
    this.tell();
  }

  follow() {
    this.pause();
    this.isFollowing = true;
    this.position = Math.max(this.names.length - 1, 0);
    this.tell();
  }

  advance(now) {
    const last = this.names.length - 1, before = this.index;
    const elapsed = Math.min(now - (this.then ?? now), 250);  // the animation pauses on a background page
    this.then = now;
    const isOver = this.index >= last;
    this.position = isOver ? 0 : Math.min(this.position + (elapsed * this.speed * last) / WHOLE, last);
    if (this.index >= last && !this.isLooping) return this.pause();
    this.request = requestAnimationFrame((later) => this.advance(later));
    if (this.index !== before) this.tell();
  }

  stepTo(index) {
    this.isPlaying = this.isFollowing = false;
    cancelAnimationFrame(this.request);
    this.position = Math.min(Math.max(index, 0), this.names.length - 1);
    this.tell();
  }
}
