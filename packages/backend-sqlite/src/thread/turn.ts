/**
 * Who comes first: the thread that begins a request, or the caller who gives it up. Both look at the same memory, so that a
 * caller knows at once, without asking, whether anything can have happened.
 */

export type Turn = Int32Array<SharedArrayBuffer>;

const WAITING = 0;
const BEGUN = 1;
const GIVEN_UP = 2;

export function newTurn(): Turn {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** Whether it may go on: nobody has given it up, and nobody can any more. */
export function begin(turn: Turn): boolean {
  return Atomics.compareExchange(turn, 0, WAITING, BEGUN) === WAITING;
}

/** What has begun goes back to waiting: nothing came of it. False: it has been given up. */
export function suspend(turn: Turn): boolean {
  return Atomics.compareExchange(turn, 0, BEGUN, WAITING) === BEGUN;
}

/** Whether it was in time: it has not begun. It never will, or not again. */
export function giveUp(turn: Turn): boolean {
  return Atomics.exchange(turn, 0, GIVEN_UP) !== BEGUN;
}

export function isGivenUp(turn: Turn): boolean {
  return Atomics.load(turn, 0) === GIVEN_UP;
}

export function isBegun(turn: Turn): boolean {
  return Atomics.load(turn, 0) === BEGUN;
}
