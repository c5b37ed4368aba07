// Where the penalty l1 |w| + l2 w^2 alone takes a weight of size `start`; the same numbers as engine/minmax/flow.py.
function flowPath(start, times, l1, l2) {
  const rate = -2 * l2, slope = rate * start - l1;
  const moved = (time) => (slope === 0 ? 0 : (rate ? Math.expm1(rate * time) / rate : time) * slope);
  return times.map((time) => Math.max(start + moved(time), 0));
}

// Time after which the flow is at 0 or at `farthest`; Infinity if it does not move.
function flowTime(start, farthest, l1, l2) {
  const rate = -2 * l2, slope = rate * start - l1;
  const growth = slope ? ((slope < 0 ? 0 : farthest) - start) / slope : Infinity;
  return rate ? Math.log1p(rate * growth) / rate : growth;
}

// Sizes after 0, 1, ... `steps` steps of Adam.
function adamPath(start, steps, learningRate, l1, l2) {
  const path = [start];
  let weight = start, first = 0, second = 0;
  for (let step = 1; step <= steps; step++) {
    const gradient = l1 * Math.sign(weight) + 2 * l2 * weight;
    first += (1 - 0.9) * (gradient - first);
    second += (1 - 0.999) * (gradient * gradient - second);
    const scale = Math.sqrt(second / (1 - 0.999 ** step)) + 1e-8;
    weight -= ((learningRate / (1 - 0.9 ** step)) * first) / scale;
    path.push(Math.abs(weight));
  }
  return path;
}

// Sizes of a weight that is let go, until it is at 0 or leaves the axis, and the result in words.
function fall(start, withAdam, { l1, l2, farthest, learningRate }) {
  const time = flowTime(start, farthest, l1, l2);
  if (!Number.isFinite(time)) return { sizes: [start], words: "it does not move" };
  const isInward = 2 * -l2 * start < l1, end = isInward ? "reaches 0" : "moves outward beyond this chart";
  if (!withAdam) {
    const times = Array.from({ length: 201 }, (_, place) => (time * place) / 200);
    return { sizes: flowPath(start, times, l1, l2), words: `it ${end} at time ${time.toPrecision(3)}` };
  }
  const path = adamPath(start, 2000, learningRate, l1, l2);
  const last = path.findIndex((size) => (isInward ? size <= learningRate : size >= farthest));
  const steps = last < 0 ? path.length - 1 : last;
  const result = last < 0 ? `it is at ${path[steps].toPrecision(3)}` : `it ${end}`;
  const words = `${result} after ${steps} steps, learning rate ${learningRate.toPrecision(3)}`;
  return { sizes: path.slice(0, steps + 1), words };
}
