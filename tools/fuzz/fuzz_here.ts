import { changeImage } from "./change.ts";
import { probeImage } from "./probe.ts";
import { buildFiles, type FuzzCase } from "./fuzz_case.ts";
import { type Implementation, OURS } from "./implementation.ts";
import { Session, Violation } from "./session.ts";

/** A rule that a case breaks. */
export interface Finding {
  /** Which oracle found it and what rule it is: the same for all cases of one bug, mostly. */
  readonly rule: string;
  /** A description. */
  readonly message: string;
}

/** The result of a case. */
export interface HereResult {
  /** The broken rules; none for a good case. */
  readonly findings: readonly Finding[];
  /** The verdicts on the image, for the counts. */
  readonly verdicts: readonly string[];
}

/**
 * Put a case through all oracles that need nothing but memory. What is no typed error and no
 * violation of a rule is a finding as well: nothing that an image holds may cause it.
 */
export function fuzzHere(one: FuzzCase, here: Implementation = OURS): HereResult {
  const findings: Finding[] = [];
  const verdicts: string[] = [];
  const files = buildFiles(one);
  const attempt = (name: string, body: (session: Session) => string) => {
    try {
      verdicts.push(`${name}: ${body(new Session(here, one, files))}`);
    } catch (error) {
      findings.push(asFinding(name, error));
    }
  };
  const look = (layout?: "final" | "rfc") => (session: Session) => {
    const { opens, corruptions } = probeImage(session, one, layout);
    return !opens ? "refused" : corruptions === 0 ? "opens" : "opens, corrupt";
  };
  attempt("read", look());
  attempt("read as final", look("final"));
  attempt("read as rfc", look("rfc"));
  attempt("write", (session) => changeImage(session, one, { repairs: false }).verdict);
  attempt("repair", (session) => {
    const { verdict, leaksLeft } = changeImage(session, one, { repairs: true });
    return leaksLeft ? "leaks left" : verdict;
  });
  return { findings, verdicts };
}

function asFinding(name: string, error: unknown): Finding {
  if (error instanceof Violation) return { rule: `${name}: ${error.rule}`, message: error.message };
  const kind = error instanceof Error ? error.name : "not an error";
  const message = error instanceof Error ? error.stack ?? error.message : String(error);
  return { rule: `${name}: unexpected ${kind}`, message };
}
