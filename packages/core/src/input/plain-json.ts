/**
 * Reading what a caller handed over, which may be anything, as plain JSON.
 *
 * No code of the value runs, except the traps of a proxy: getters and `toJSON` are refused or ignored, never called. Every
 * member is read once, so that what was checked is what is kept.
 *
 * The copies are ordinary objects (`Object.prototype`), so that they are deeply equal to what was handed in; `__proto__`
 * is an own member like any other. Whoever looks a key up must therefore ask for own members only.
 */

import { types } from "node:util";
import { isStorableText, type JsonObject, type JsonValue, parseTimestamp } from "@muster/filter";
import type { Violations } from "./violations.ts";

/** Objects and arrays within each other. */
export const MAX_DEPTH = 32;

/** Neither calls anything of what is no proxy. */
const { __lookupGetter__: lookupGetter, propertyIsEnumerable: isEnumerable } = Object.prototype as unknown as {
  __lookupGetter__(key: string | number): unknown; // Every engine has it, though its types do not.
  propertyIsEnumerable(key: string | number): boolean;
};

/** Instead of the value of a member that was refused. */
const UNFIT: unique symbol = Symbol("unfit");

export interface CopyOptions {
  /** Where copying stops at the latest; the text may still turn out longer than this, never shorter. */
  readonly maxBytes: number;
  readonly violations: Violations;
  /** Whether a Date may stand at this path; it is kept as text. Default: nowhere. */
  readonly allowsDate?: ((path: readonly (string | number)[]) => boolean) | undefined;
}

/** A merge patch: JSON in which members outside of arrays may be `undefined`. */
export interface JsonPatch {
  readonly [key: string]: JsonValue | JsonPatch | undefined;
}

/** A value as far as it was fit, and a lower bound of the length of its JSON text. */
export interface Copied<Value> {
  /** `undefined` when the whole was unfit. */
  readonly value: Value | undefined;
  readonly leastBytes: number;
}

interface Copying extends CopyOptions {
  keepUndefined: boolean;
  leastBytes: number;
  /** Of the object that is being copied; absent: it is the whole. */
  place: Place | undefined;
}

/** An object or array on the way to where copying is: its path is only spelt out when something is wrong there. */
interface Place {
  readonly owner: object;
  readonly above: Place | undefined;
  readonly depth: number;
  /** Of the member that is being copied. */
  key: string | number | undefined;
}

/** A deep-frozen copy, members that are `undefined` left out; what was unfit is missing and named in `violations`. */
export function copyJson(value: unknown, options: CopyOptions): Copied<JsonValue> {
  return copyAll(value, options, false);
}

/** As {@link copyJson}, with members outside of arrays kept where they are `undefined`. */
export function copyPatch(value: unknown, options: CopyOptions): Copied<JsonPatch[string]> {
  return copyAll(value, options, true);
}

/** Sets an own member, whatever its name. */
export function setOwn<Value>(target: Record<string, Value>, key: string, value: Value): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function copyAll(value: unknown, options: CopyOptions, keepUndefined: boolean): Copied<JsonValue> {
  const { maxBytes, violations, allowsDate } = options;
  const copying: Copying = { maxBytes, violations, allowsDate, keepUndefined, leastBytes: 0, place: undefined };
  try {
    const copy = copyValue(value, copying);
    if (copying.leastBytes > maxBytes) violations.add([], `takes more than ${maxBytes} bytes as JSON text`);
    return { value: copy, leastBytes: copying.leastBytes };
  } catch {
    violations.add(pathOf(copying.place), "can't be read"); // A proxy threw; its error may be anything.
    return { value: undefined, leastBytes: copying.leastBytes };
  }
}

function copyValue(value: unknown, copying: Copying): JsonValue | undefined {
  switch (typeof value) {
    case "string":
      copying.leastBytes += value.length + 2;
      return isStorableText(value) ? value : refuse(copying, "holds NUL or a lone surrogate");
    case "number":
      copying.leastBytes += 1;
      return Number.isFinite(value) ? value + 0 : refuse(copying, `is ${value}, which is no JSON number`);
    case "boolean":
      copying.leastBytes += 4;
      return value;
    case "object":
      if (value !== null) return copyObject(value, copying);
      copying.leastBytes += 4;
      return null;
    default:
      return refuse(copying, `is ${value === undefined ? "undefined" : `a ${typeof value}`}, which is no JSON value`);
  }
}

function copyObject(value: object, copying: Copying): JsonValue | undefined {
  copying.leastBytes += 1; // Of two brackets; each member counts a comma, and there is one less of those.
  const above = copying.place;
  if (isWithin(value, above)) return refuse(copying, "contains itself");
  const isArray = Array.isArray(value);
  const prototype = Reflect.getPrototypeOf(value);
  if (isArray ? !isArrayPrototype(prototype) : !isObjectPrototype(prototype)) {
    return copyInstance(value, prototype, copying);
  }
  const depth = above === undefined ? 1 : above.depth + 1;
  if (depth > MAX_DEPTH) return refuse(copying, `lies deeper than ${MAX_DEPTH} levels`);
  const place: Place = { owner: value, above, depth, key: undefined };
  copying.place = place;
  const copy = isArray ? copyElements(value, place, copying) : copyMembers(value, place, copying);
  copying.place = above;
  return Object.freeze(copy);
}

function copyInstance(value: object, prototype: object | null, copying: Copying): JsonValue | undefined {
  if (!types.isDate(value))
    return refuse(copying, `is an instance of ${className(prototype)}, not a plain object or array`);
  if (!copying.allowsDate?.(pathOf(copying.place)))
    return refuse(copying, "is a Date, which only a field of type timestamp takes");
  return parseTimestamp(value) ?? refuse(copying, "is no date of the years 0001 to 9999");
}

function copyElements(value: readonly unknown[], place: Place, copying: Copying): JsonValue {
  const { keepUndefined } = copying;
  const { length } = value;
  const isProxy = types.isProxy(value);
  const copy: JsonValue[] = [];
  copying.keepUndefined = false;
  for (let index = 0; index < length && !isOver(copying); index++) {
    place.key = index;
    copying.leastBytes += 1;
    const element = readMember(value, index, !isProxy && isEnumerable.call(value, index), copying);
    const fit = element === UNFIT ? undefined : copyValue(element, copying);
    if (fit !== undefined) copy.push(fit);
  }
  place.key = undefined;
  copying.keepUndefined = keepUndefined;
  // Asked for once: listing names by themselves takes four times as long of an array, though of an object a tenth.
  if (!isOver(copying) && Reflect.ownKeys(value).length > length + 1)
    refuse(copying, "is an array with members beside its elements");
  return copy.slice(); // Without the room for 17 that the first push makes, and which would stay as long as the copy.
}

function copyMembers(value: object, place: Place, copying: Copying): JsonObject {
  const copy: Record<string, JsonValue> = {};
  // Keys that are texts and enumerable are listed ten times as fast as all, and mostly there are no others.
  const listed = Object.keys(value);
  const areAll = ownCount(value) === listed.length && !types.isProxy(value);
  for (const key of areAll ? listed : Reflect.ownKeys(value)) {
    if (isOver(copying)) break;
    if (typeof key === "symbol") {
      refuse(copying, "has a symbol as key");
      continue;
    }
    place.key = key;
    copyMember(value, key, areAll, copy, copying);
    place.key = undefined;
  }
  return copy;
}

function ownCount(value: object): number {
  return Object.getOwnPropertyNames(value).length + Object.getOwnPropertySymbols(value).length;
}

function copyMember(
  owner: object,
  key: string,
  isListed: boolean,
  copy: Record<string, JsonValue | undefined>,
  copying: Copying,
): void {
  const value = readMember(owner, key, isListed, copying);
  if (value === UNFIT) return;
  if (value === undefined) {
    if (copying.keepUndefined) setOwn(copy, key, undefined);
    return;
  }
  copying.leastBytes += key.length + 4;
  if (!isStorableText(key)) return refuse(copying, "has NUL or a lone surrogate in its key");
  const fit = copyValue(value, copying);
  if (fit !== undefined) setOwn(copy, key, fit);
}

/** @param isListed it is an enumerable own member, and of no proxy: mostly no descriptor has to be made to see that it is fit. */
function readMember(owner: object, key: string | number, isListed: boolean, copying: Copying): unknown {
  if (isListed && lookupGetter.call(owner, key) === undefined) {
    const value: unknown = Reflect.get(owner, key);
    if (value !== undefined) return value; // Without a getter, what has a setter is undefined.
  }
  return describedMember(owner, key, copying);
}

function describedMember(owner: object, key: string | number, copying: Copying): unknown {
  const member = Reflect.getOwnPropertyDescriptor(owner, key);
  if (member === undefined) return unfit(copying, "is missing");
  if (!("value" in member)) return unfit(copying, "has a getter or setter");
  return member.enumerable ? member.value : unfit(copying, "is hidden (not enumerable)");
}

function unfit(copying: Copying, problem: string): typeof UNFIT {
  refuse(copying, problem);
  return UNFIT;
}

/** Nothing that could still be found would matter. */
function isOver(copying: Copying): boolean {
  return copying.leastBytes > copying.maxBytes || copying.violations.full;
}

function refuse(copying: Copying, problem: string): undefined {
  copying.violations.add(pathOf(copying.place), problem);
  return undefined;
}

function isWithin(value: object, place: Place | undefined): boolean {
  for (let at = place; at !== undefined; at = at.above) if (at.owner === value) return true;
  return false;
}

function pathOf(place: Place | undefined): readonly (string | number)[] {
  const path: (string | number)[] = [];
  for (let at = place; at !== undefined; at = at.above) if (at.key !== undefined) path.unshift(at.key);
  return path;
}

/** Of this realm or another: `Object.prototype` is the one that ends the chain and has `isPrototypeOf`. */
function isObjectPrototype(prototype: object | null): boolean {
  if (prototype === null || prototype === Object.prototype) return true;
  return Reflect.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

/** Of this realm or another: every `Array.prototype` is itself an array, and no subclass' prototype is. */
function isArrayPrototype(prototype: object | null): boolean {
  return prototype === Array.prototype || Array.isArray(prototype);
}

/** Read from descriptors, so that no getter runs. */
function className(prototype: object | null): string {
  const made: unknown =
    prototype === null ? undefined : Reflect.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  const name: unknown = typeof made === "function" ? Reflect.getOwnPropertyDescriptor(made, "name")?.value : undefined;
  return typeof name === "string" && name !== "" ? name : "a class";
}
