import type { WriteOutcome } from "../write_outcome.ts";
import type { TimelineEntry } from "./document.ts";
import { type Html, html } from "./html.ts";

const COLUMN = 26;
const LANE = 30;
const BOX = 16;
const LEFT = 128;
const TOP = 14;
/** Longer names of lanes do not fit left of them. */
const LONGEST_NAME = 18;
/** The maximum number of entries drawn, the last ones; the table has all. */
const MAX_DRAWN = 120;

/** Sign and name of each outcome, besides its colour. */
export const OUTCOMES: Readonly<
  Record<WriteOutcome, { readonly sign: string; readonly words: string }>
> = {
  durable: { sign: "=", words: "durable" },
  reached: { sign: "+", words: "reached the disk" },
  partly: { sign: "~", words: "reached it in part" },
  lost: { sign: "−", words: "lost" },
};

/** The events as a figure: time runs to the right, and each label has a lane. */
export function timelineFigure(all: readonly TimelineEntry[]): Html {
  const skipped = Math.max(0, all.length - MAX_DRAWN);
  const entries = all.slice(skipped);
  const lanes = [
    ...new Set(
      entries.filter(({ kind }) => kind !== "crash" && kind !== "flush").map(({ lane }) => lane),
    ),
  ]
    .sort((a, b) => Number(b === "guest") - Number(a === "guest"));
  const width = LEFT + entries.length * COLUMN + 12;
  const height = TOP + lanes.length * LANE + 22;
  const yOf = (lane: string) => TOP + lanes.indexOf(lane) * LANE;
  return html`
    <svg class="timeline" role="img" width="${width}" height="${height}"
      viewBox="0 0 ${width} ${height}"
      aria-label="Timeline of ${entries.length} events; the table below it has the same">
    ${lanes.map((lane) => laneOf(lane, yOf(lane), width))}
    ${entries.map((entry, i) =>
      entryOf(entry, { i, skipped, y: yOf(entry.lane), height, count: entries.length })
    )}
    </svg>${skipped > 0
      ? html`<p class="hint">The first ${skipped} events are in the table only.</p>`
      : undefined}
  `;
}

function laneOf(lane: string, y: number, width: number): Html {
  return html`
    <g class="lane">
      <line x1="${LEFT}" x2="${width}" y1="${y + LANE / 2}" y2="${y + LANE / 2}" />
      <text x="${LEFT - 10}" y="${y + LANE / 2 + 4}"
        text-anchor="end">${shortened(lane)}<title>${lane}</title></text>
    </g>
  `;
}

function shortened(name: string): string {
  const signs = [...name];
  return signs.length <= LONGEST_NAME ? name : `${signs.slice(0, LONGEST_NAME - 1).join("")}…`;
}

/** Where an entry is drawn. */
interface Place {
  readonly i: number;
  readonly skipped: number;
  readonly y: number;
  readonly height: number;
  readonly count: number;
}

function entryOf(entry: TimelineEntry, { i, skipped, y, height, count }: Place): Html {
  const x = LEFT + i * COLUMN;
  const middle = x + COLUMN / 2;
  const tip = html`<title>${entry.text}${
    entry.outcome ? `: ${OUTCOMES[entry.outcome].words}` : undefined
  }</title>`;
  switch (entry.kind) {
    case "crash":
      return html`<g class="crash">${tip}<line x1="${middle}" x2="${middle}" y1="0" y2="${
        height - 16
      }"/>
<text x="${middle}" y="${height - 3}" text-anchor="middle">crash</text></g>`;
    case "flush":
      return html`
        <g
          class="flush">${tip}<line x1="${middle}" x2="${middle}" y1="${TOP}" y2="${height -
            20}"/></g>
      `;
    case "guest": {
      const end = entry.answeredAt === undefined ? count - 1 : entry.answeredAt - skipped;
      const length = Math.max(1, end - i) * COLUMN - 6;
      return html`<g class="guest${entry.answeredAt === undefined ? " open" : ""}">${tip}
<rect x="${x + 3}" y="${y + 8}" width="${length}" height="${LANE - 16}" rx="3"/></g>`;
    }
    default: {
      const outcome = entry.outcome ?? "note";
      return html`
        <g
          class="box ${outcome}">${tip}<rect x="${middle - BOX / 2}" y="${y +
            (LANE - BOX) / 2}" width="${BOX}" height="${BOX}" rx="3"/>
        <text x="${middle}" y="${y + LANE / 2 + 4}" text-anchor="middle">${entry.outcome
          ? OUTCOMES[entry.outcome].sign
          : "·"}</text></g>
      `;
    }
  }
}
