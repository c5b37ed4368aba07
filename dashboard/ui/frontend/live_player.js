const SETTLING = 200;  // ms without another move after which the server learns the epoch
const players = new WeakMap();

// A player of a named clock. The server decides the epoch only with a new `order`; otherwise the reader does.
class LivePlayer {
  constructor(block) {
    this.node = element("div", { className: "lab-player", role: "group", ariaLabel: "Playback" });
    block.append(element("div", { className: "lab-controls lab-page-player" }, this.node));
  }

  show(data, tell) {
    this.tell = tell;
    if (!this.player) {
      this.clock = Clock.named(data.clock);
      this.player = new Player(this.node, this.clock, () => this.settle());
    }
    const { clock, player } = this;
    player.isLive = data.isLive;
    const isOrdered = clock.order !== data.order;
    if (isOrdered) {
      clock.order = data.order;
      if (clock.isPlaying) clock.pause();
      player.wasPlaying = false;
      clock.isFollowing = data.isLive && data.isFollowing;
    } else if (!data.isLive) clock.isFollowing = false;
    clock.setNames(data.names);
    if (isOrdered && !clock.isFollowing) clock.stepTo(data.names.indexOf(data.now));
    if (isOrdered) clearTimeout(this.pending);
    if (isOrdered) this.isFollowed = clock.isFollowing;
  }

  settle() {
    clearTimeout(this.pending);
    this.pending = setTimeout(() => {
      const { clock } = this, isAtEnd = clock.index === clock.names.length - 1;
      // Playing up to the end of a training goes on with what it adds.
      if (this.player.isLive && isAtEnd && this.hasPlayed && !clock.isPlaying && !clock.isFollowing) clock.follow();
      this.hasPlayed = clock.isPlaying;
      if (clock.isPlaying && !this.isFollowed) return;  // the server needs to know only that the following ends
      this.isFollowed = clock.isFollowing;
      this.tell("moment", { epoch: clock.name, isFollowing: clock.isFollowing });
    }, SETTLING);
  }

  remove() {
    clearTimeout(this.pending);
    this.clock?.pause();
    this.player?.remove();
  }
}

// As in live_chart.js, only a player that has left the page is removed.
export default function ({ data, parentElement, setStateValue }) {
  const block = parentElement.querySelector(".lab-live-player");
  if (!players.has(block)) players.set(block, new LivePlayer(block));
  players.get(block).show(data, setStateValue);
  return () => {
    if (block.isConnected) return;
    players.get(block)?.remove();
    players.delete(block);
  };
}
