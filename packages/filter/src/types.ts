import type { JsonValue, Metadata, OPERANDS } from "./ast.ts";
import type { GeoBox, GeoCircle } from "./geo.ts";
import type { TypeName } from "./operands.ts";

/**
 * The JSON spellings of a filter over metadata of type `M`: dotted keys, with an operator as suffix or as operator
 * object, and the combinators. With plain `Metadata` any key is accepted and only the operators are checked at run time.
 */
export type FilterInput<M extends object = Metadata> = (string extends keyof M ? LooseFields : FieldInputs<M>) &
  AboutInputs & {
    readonly $and?: readonly FilterInput<M>[];
    readonly $or?: readonly FilterInput<M>[];
    readonly $not?: FilterInput<M>;
  };

/** Dotted keys of `M`, with literal dots and leading dollars escaped; never into arrays. */
export type FieldKey<M extends object> = string extends keyof M ? string : KeysOf<M, []>;

/** The type of the value at a {@link FieldKey}. */
export type FieldValue<M extends object, K extends string> = string extends keyof M ? JsonValue : ValueAt<M, K>;

/** The operators a value of type `V` can be asked, with their operands. */
export interface Operands<V> {
  readonly eq: V;
  readonly ne: V;
  readonly lt: Ordered<V>;
  readonly lte: Ordered<V>;
  readonly gt: Ordered<V>;
  readonly gte: Ordered<V>;
  readonly in: readonly V[];
  readonly nin: readonly V[];
  readonly startswith: TextOperand<V>;
  readonly endswith: TextOperand<V>;
  readonly contains: ContainsOperand<V>;
  readonly regex: TextOperand<V>;
  readonly exists: boolean;
  readonly type: TypeName;
  readonly near: ObjectOperand<V, GeoCircle>;
  readonly within: ObjectOperand<V, GeoBox>;
}

type Name = keyof typeof OPERANDS;

/** `{ $gte: 0.1, $lt: 0.2 }` */
export type OperatorObject<V> = {
  readonly [N in Name as [Operands<V>[N]] extends [never] ? never : `$${N}`]?: Operands<V>[N];
} & {
  readonly $not?: OperatorObject<V>;
};

type FieldInputs<M extends object> = {
  readonly [K in FieldKey<M>]?: FieldValue<M, K> | OperatorObject<FieldValue<M, K>> | "*";
} & {
  readonly [S in Suffixed<M> as S["key"]]?: S["operand"];
};

type Suffixed<M extends object> = { [K in FieldKey<M>]: SuffixesOf<K, Operands<FieldValue<M, K>>> }[FieldKey<M>];
type SuffixesOf<K extends string, O> = {
  [N in keyof O & string]: [O[N]] extends [never] ? never : { readonly key: `${K}.${N}`; readonly operand: O[N] };
}[keyof O & string];

interface LooseFields {
  readonly [key: string]: unknown;
}

interface AboutInputs {
  readonly $identity?: string | OperatorObject<string>;
  readonly $attached?: boolean | OperatorObject<boolean>;
  readonly $registeredAt?: OperatorObject<string | number>;
  readonly "$identity.startswith"?: string;
  readonly "$identity.in"?: readonly string[];
}

type Ordered<V> = Extract<V, string | number | Date>;
type TextOperand<V> = Extract<V, string> extends never ? never : string;
type ObjectOperand<V, O> = Extract<V, object> extends never ? never : O;
type ContainsOperand<V> =
  | (Extract<V, string> extends never ? never : string)
  | (V extends readonly (infer E)[] ? E : never);

type Scalar = string | number | boolean | null | undefined | Date | readonly unknown[];

/** Four levels are inferred: enough for people, few enough for the compiler. */
type KeysOf<M extends object, Depth extends readonly unknown[]> = {
  [K in keyof M & string]:
    | Escaped<K>
    | (Depth["length"] extends 3 ? never : Below<Escaped<K>, Exclude<M[K], Scalar>, Depth>);
}[keyof M & string];
type Below<K extends string, V, Depth extends readonly unknown[]> = [V] extends [never]
  ? never
  : V extends object
    ? `${K}.${string extends keyof V ? string : KeysOf<V, [...Depth, unknown]>}`
    : never;

type ValueAt<M extends object, K extends string> = {
  [N in keyof M & string]: K extends Escaped<N>
    ? Present<M[N]>
    : K extends `${Escaped<N>}.${infer Rest}`
      ? Inner<M[N], Rest>
      : never;
}[keyof M & string];
type Inner<V, Rest extends string> = Exclude<V, Scalar> extends infer O extends object ? FieldValue<O, Rest> : never;
type Present<V> = Exclude<V, undefined>;

type Escaped<K extends string> = K extends `$${string}` ? `\\${Dotless<K>}` : Dotless<K>;
type Dotless<K extends string> = K extends `${infer A}.${infer B}` ? `${A}\\.${Dotless<B>}` : K;
