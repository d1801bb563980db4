// Tiles on their way. A browser opens six connections to a host, and a tile may take long to compute: so few are asked
// for at once, those in the middle of the view first, and what has left the view is not asked for any more.

const MOST = 5; // at once, of all layers: one connection is left for pixels and the status
const queues = new Set();
const AGAIN_AFTER = [1000, 2000, 4000, 8000]; // milliseconds

/**
 * A tile: `image` that shows it, `url`, `distance()` from the middle of the view, and `done(error)`.
 * `complete` is false while the server has only a part of its pixels.
 */
export class Queue {
  constructor(atOnce, failed) {
    this.atOnce = atOnce;
    this.failed = failed;
    this.waiting = new Set();
    this.loading = new Map(); // tile -> AbortController
    this.timers = new Map(); // tile -> when it is asked for again
  }

  add(tile) {
    queues.add(this);
    this.waiting.add(tile);
    queueMicrotask(() => this.next()); // tiles of one update come in one go: choose among all of them
  }

  /** Forget a tile: it is no longer seen. */
  drop(tile) {
    this.waiting.delete(tile);
    clearTimeout(this.timers.get(tile));
    this.timers.delete(tile);
    this.loading.get(tile)?.abort();
  }

  has(tile) {
    return this.waiting.has(tile) || this.loading.has(tile) || this.timers.has(tile);
  }

  /** Tiles that are not there yet. */
  get size() {
    return this.waiting.size + this.loading.size + this.timers.size;
  }

  next() {
    if (!this.size) queues.delete(this);
    while (this.loading.size < this.atOnce && this.waiting.size && underWay() < MOST) {
      const far = new Map([...this.waiting].map((tile) => [tile, tile.distance()]));
      const nearest = [...this.waiting].reduce((best, tile) => (far.get(tile) < far.get(best) ? tile : best));
      this.waiting.delete(nearest);
      this.load(nearest);
    }
  }

  async load(tile) {
    const control = new AbortController();
    this.loading.set(tile, control);
    let error = null;
    try {
      await fill(tile, control.signal);
    } catch (raised) {
      error = raised;
    }
    this.loading.delete(tile);
    if (!control.signal.aborted) this.end(tile, error);
    queues.forEach((queue) => queue.next());
  }

  end(tile, error) {
    const pause = error && AGAIN_AFTER[tile.tries++];
    if (pause) {
      const again = () => {
        this.timers.delete(tile);
        this.add(tile);
      };
      this.timers.set(tile, setTimeout(again, pause));
      return;
    }
    if (error) this.failed();
    tile.tries = 0;
    tile.done(error);
  }
}

const underWay = () => [...queues].reduce((sum, queue) => sum + queue.loading.size, 0);

/** Ask for a tile and show it; returns when it can be drawn. */
async function fill(tile, signal) {
  const response = await fetch(tile.url, { signal });
  if (!response.ok) throw new Error(`${tile.url}: ${response.status}`);
  tile.complete = response.headers.get("X-Tilegan-Complete") !== "0";
  const url = URL.createObjectURL(await response.blob());
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    if (signal.aborted) return;
    tile.image.src = url;
    await tile.image.decode();
  } finally {
    URL.revokeObjectURL(url);
  }
}
