/**
 * Stretches of plain CSV, cut off by counting quotes and read by whoever has time. What turns out to be no plain record sends the
 * window back to it, and it is read here with care; files in which that comes often are read here altogether, more and more of them.
 */
import { type CellRooms, cellsOf } from "../../data/cells.ts";
import type { ByteWindow } from "./bytes.ts";
import { type PlainBlock, type PlainForm, readStretch, recordsEnd } from "./csv_cells.ts";
import type { Batch } from "./unit.ts";

/** Blocks that are read here after the first stretch that was not plain; twice as many after each further one. */
const FIRST_REST = 2;
const MOST_REST = 4096;
/** Of the rows that a stretch has at most: the next stretch may have shorter ones. */
const FILLED = 0.6;

export interface CsvStretches {
  /** Cuts one off the front of the window; null where it is to be read here. */
  cut(): Batch | null;
  /** Some were cut off and not found yet: what is behind them is not certain. */
  readonly isOpen: boolean;
  /** A block was read here. */
  seen(block: Pick<PlainBlock, "consumed" | "cells"> | null): void;
}

export function csvStretches(given: {
  readonly form: PlainForm;
  readonly rooms: CellRooms;
  readonly window: ByteWindow;
  /** Line of the window's first record, once all stretches have been found. */
  readonly place: { line: number };
  /** Makes the batch of a block that begins at a line, and of where to go on. */
  batch(block: PlainBlock, line: number, next: { at: number; line: number } | null): Batch;
}): CsvStretches {
  const { form, rooms, window, place, batch } = given;
  const { columns, delimiter, quote, rows: mostRows } = form;
  let [open, turn] = [0, 0];
  let [rest, nextRest] = [0, FIRST_REST];
  let rowBytes = 0;
  const failed = () => {
    rest = nextRest;
    nextRest = Math.min(2 * nextRest, MOST_REST);
  };
  return {
    get isOpen() {
      return open > 0;
    },
    seen(block) {
      if (rest > 0) rest--;
      if (block !== null) rowBytes = block.consumed / block.cells.rows;
    },
    cut() {
      if (rest > 0 || rowBytes === 0) return null;
      const bytes = window.bytes;
      const most = Math.min(bytes.length, rooms.pageBytes, Math.floor(rowBytes * mostRows * FILLED));
      const room = rooms.take(rooms.pageBytes);
      room.set(bytes.subarray(0, most));
      const length = recordsEnd(room, most, quote);
      if (length === 0) {
        rooms.give(room);
        failed();
        return null;
      }
      const at = window.offset;
      window.consume(length);
      const isLast = window.ended && window.length === 0;
      const stretch = { columns, room, length, delimiter, quote, most: mostRows };
      const own = turn;
      open++;
      return {
        rows: [],
        bad: [],
        locate: () => "",
        next: null,
        stretch: {
          ...stretch,
          read: () => readStretch(stretch),
          found(read, room) {
            const { rows, consumed, lines } = read;
            if (own !== turn) throw new Error("Cannot take a stretch behind one that was not whole");
            open--;
            const { line } = place;
            place.line += lines;
            if (consumed < length) {
              turn++;
              open = 0;
              failed();
              window.back(at + consumed);
            }
            if (rows === 0) return null;
            rowBytes = consumed / rows;
            const block = { cells: cellsOf(form, read, room.subarray(0, consumed), room), consumed, lines };
            const next = isLast && consumed === length ? null : { at: at + consumed, line: place.line };
            return batch(block, line, next);
          },
        },
      };
    },
  };
}
