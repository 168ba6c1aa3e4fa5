/**
 * The types of the options that `parseArgs` returns. The letters: B, S, C and N are the boolean,
 * string, collected and negatable names, D the defaults, A the aliases, K a name, H the part of a
 * name before a dot.
 *
 * @module
 */

/**
 * The options by name: each that is declared or has a default with a type of its own, any other as
 * `unknown`. If the caller declares none at all, each is `any`.
 *
 * @internal
 */
export type Values<B, S, C, N, D, A> = IsUntyped<B, S, C> extends true
  // deno-lint-ignore no-explicit-any
  ? Record<string, any>
  :
    & { [name: string]: unknown }
    & Tree<
      WithAliases<B, A>,
      WithAliases<S, A>,
      WithAliases<C, A>,
      WithAliases<N, A>,
      Defaults<D, A>
    >;

type IsUntyped<B, S, C> = [B, S, C] extends [false | undefined, undefined, undefined] ? true
  : string extends B | S | C ? true
  : false;

/** The names `K` and their aliases. */
type WithAliases<K, A> =
  | Extract<K, string>
  | AliasesOf<A, Extract<K, string> & keyof A>;

type AliasesOf<A, K extends keyof A> = A[K] extends readonly string[] ? A[K][number]
  : Extract<A[K], string>;

/** Defaults by the first part of their names, for aliases too. */
type Defaults<D, A> = D extends undefined ? unknown
  : Nest<D & { [K in keyof D & keyof A as AliasesOf<A, K>]: D[K] }>;

/** Turns `{ "a.b": T }` into `{ a: { b: T } }`. */
type Nest<D> = {
  [H in Head<keyof D>]: H extends keyof D ? D[H]
    : Nest<{ [K in Tail<keyof D, H>]: D[`${H}.${K}` & keyof D] }>;
};

type Head<K> = K extends `${infer H}.${string}` ? H : Extract<K, string>;
type Tail<K, H extends string> = K extends `${H}.${infer T}` ? T : never;

type Tree<B, S, C, N, D> = Flat<
  & { [H in RequiredHead<B, C, D>]: Node<H, B, S, C, N, D> }
  & { [H in Exclude<Head<S>, RequiredHead<B, C, D>>]?: Node<H, B, S, C, N, D> }
>;

/** Only strings that are not collected and have no default may be missing. */
type RequiredHead<B, C, D> = Head<B> | Head<C> | Extract<keyof D, string>;

type Node<H extends string, B, S, C, N, D> = H extends Head<B | S | C> ?
    | (H extends B | S | C ? Leaf<H, B, S, C, N> : never)
    | Branch<H, B, S, C, N, D>
    | DefaultOf<H, B | S | C, D>
  : unknown;

type Leaf<K, B, S, C, N> =
  | (K extends C ? Scalar<K, B, S>[] : Scalar<K, B, S>)
  | (K extends N ? false : never);

type Scalar<K, B, S> = K extends B ? boolean : K extends S ? string : unknown;

/** The object of the names that start with `H` and a dot. */
type Branch<H extends string, B, S, C, N, D> = [Tail<B | S | C, H>] extends [never] ? never
  : Tree<
    Tail<B, H>,
    Tail<S, H>,
    Tail<C, H>,
    Tail<N, H>,
    H extends keyof D ? (D[H] extends Record<string, unknown> ? D[H] : unknown)
      : unknown
  >;

/** A default that is no part of a branch. */
type DefaultOf<H extends string, K, D> = H extends keyof D ? [Tail<K, H>] extends [never] ? D[H]
  : D[H] extends Record<string, unknown> ? never
  : D[H]
  : never;

/**
 * The same type, written as one object.
 *
 * @internal
 */
export type Flat<T> = { [K in keyof T]: T[K] };
