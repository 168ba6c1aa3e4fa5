import { formatCase, type FuzzCase } from "./fuzz_case.ts";
import { type CaseSource, makeCase } from "./generate.ts";
import { textDigest } from "../../lib/storage/digest.ts";

/** A seed that can be part of a token and of a command line. */
export const SEED_PATTERN = /^[A-Za-z0-9._-]{1,80}$/;

/** The token that replays a case: its seed, its number, and a digest of it. */
export function tokenOf(seed: string, caseNumber: number, one: FuzzCase): string {
  return `${seed}:${caseNumber}:${textDigest(formatCase(one))}`;
}

/** A token that cannot be replayed. */
export class TokenError extends Error {
  /** The name of this kind of error. */
  override readonly name = "TokenError";
}

/**
 * The case that a token stands for. Throws {@linkcode TokenError} for anything else, and where the
 * case comes out otherwise than it was: then the generator or the corpus is another one, and only
 * the saved case shows what it was.
 */
export function caseOfToken(
  token: string,
  corpus: CaseSource["corpus"],
): { seed: string; caseNumber: number; one: FuzzCase } {
  const match = /^([A-Za-z0-9._-]{1,80}):(\d{1,15}):([0-9a-f]{8})$/.exec(token);
  if (!match) throw new TokenError(`'${token}' is no token: must be SEED:NUMBER:DIGEST`);
  const [, seed, number, digest] = match;
  const caseNumber = Number(number);
  const one = makeCase({ seed, corpus }, caseNumber);
  if (textDigest(formatCase(one)) === digest) return { seed, caseNumber, one };
  throw new TokenError(
    `the generator or the corpus has changed since '${token}' was printed; replay the saved case`,
  );
}
