import type { FormatDefinition } from "./define_format.ts";
import { isMultiple } from "./is_multiple.ts";
import { valueText } from "./value_text.ts";
import { SECTOR_BYTES } from "../../lib/storage/sector.ts";

const METHODS = ["create", "open", "read", "write", "flush"] as const;
const OPTIONAL_METHODS = [
  "close",
  "check",
  "grow",
  "discard",
  "writeZeroes",
  "fingerprint",
  "describeWrite",
  "isRefusal",
  "beforeEachState",
] as const;
const OTHER_FIELDS = [
  "name",
  "sizeBytes",
  "unitBytes",
  "alignmentBytes",
  "tableBytes",
  "preparedBytes",
  "otherFiles",
  "postRecoveryWrites",
] as const;
const FIELDS: readonly string[] = [...METHODS, ...OPTIONAL_METHODS, ...OTHER_FIELDS];
/** Names are part of replay tokens. */
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** Throws `TypeError` that names the first field of a definition that is wrong. */
export function checkDefinition<Session>(definition: FormatDefinition<Session>): void {
  if (typeof definition !== "object" || definition === null) {
    throw new TypeError(`Cannot define a format: ${definition} is not an object`);
  }
  const { name, sizeBytes, unitBytes = SECTOR_BYTES, alignmentBytes = SECTOR_BYTES } = definition;
  const check = (field: string, value: unknown, holds: boolean, rule: string) => {
    if (holds) return;
    throw new TypeError(
      `Cannot define a format: '${field}' is ${valueText(value)}: must be ${rule}`,
    );
  };
  check(
    "name",
    name,
    typeof name === "string" && NAME.test(name),
    "1 to 64 letters, digits, '-', '_' or '.', and start with a letter or digit",
  );
  for (const method of METHODS) {
    check(method, definition[method], typeof definition[method] === "function", "a function");
  }
  for (const method of OPTIONAL_METHODS) {
    const value = definition[method];
    check(method, value, value === undefined || typeof value === "function", "a function");
  }
  const unit = `a multiple of ${SECTOR_BYTES} above 0`;
  check("unitBytes", unitBytes, isMultiple(unitBytes, SECTOR_BYTES) && unitBytes > 0, unit);
  check(
    "sizeBytes",
    sizeBytes,
    isMultiple(sizeBytes, unitBytes) && sizeBytes > 0,
    `a multiple of the ${unitBytes} bytes of a unit, above 0`,
  );
  check(
    "alignmentBytes",
    alignmentBytes,
    alignmentBytes === 1 || alignmentBytes === SECTOR_BYTES,
    `1 or ${SECTOR_BYTES}`,
  );
  checkRanges(definition, unitBytes, check);
  // An object of a class may have fields of its own; in a literal they are misspelt.
  if (Object.getPrototypeOf(definition) !== Object.prototype) return;
  for (const field of Object.keys(definition)) {
    if (FIELDS.includes(field)) continue;
    throw new TypeError(
      `Cannot define a format: '${field}' is not a field: must be one of ${FIELDS.join(", ")}`,
    );
  }
}

function checkRanges<Session>(
  definition: FormatDefinition<Session>,
  unitBytes: number,
  check: (field: string, value: unknown, holds: boolean, rule: string) => void,
): void {
  const { sizeBytes, tableBytes, preparedBytes = 0, otherFiles = [] } = definition;
  check(
    "tableBytes",
    tableBytes,
    tableBytes === undefined || isMultiple(tableBytes, unitBytes) && tableBytes > 0,
    `a multiple of the ${unitBytes} bytes of a unit, above 0`,
  );
  check(
    "preparedBytes",
    preparedBytes,
    isMultiple(preparedBytes, unitBytes) && preparedBytes <= sizeBytes,
    `a multiple of the ${unitBytes} bytes of a unit, up to the size of the disk`,
  );
  check("otherFiles", otherFiles, Array.isArray(otherFiles), "a list of storage");
  const { postRecoveryWrites = [] } = definition;
  check("postRecoveryWrites", postRecoveryWrites, Array.isArray(postRecoveryWrites), "a list");
  postRecoveryWrites.forEach((range, i) => {
    const { offsetBytes, lengthBytes } = range ?? {};
    check(
      `postRecoveryWrites[${i}]`,
      range,
      isMultiple(offsetBytes, SECTOR_BYTES) && isMultiple(lengthBytes, SECTOR_BYTES) &&
        offsetBytes + lengthBytes <= sizeBytes,
      `a range of the disk in multiples of ${SECTOR_BYTES} bytes`,
    );
  });
}
