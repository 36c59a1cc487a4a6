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

/** Whether it was in time: it has not begun, and never will. */
export function giveUp(turn: Turn): boolean {
  return Atomics.compareExchange(turn, 0, WAITING, GIVEN_UP) === WAITING;
}

export function isGivenUp(turn: Turn): boolean {
  return Atomics.load(turn, 0) === GIVEN_UP;
}

export function isBegun(turn: Turn): boolean {
  return Atomics.load(turn, 0) === BEGUN;
}
