/** .xls, .xlsb and .ods by SheetJS, whole but bounded: in a worker that is stopped when it takes too long. */
import { DataFailure } from "../../data/port.ts";
import type { Workbook } from "./cells.ts";
import type { Answer, Ask } from "./sheetjs_worker.ts";

const BATCH = 1_000;

/** Opens a workbook from its bytes, which are handed over. */
export async function openBySheetjs(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
  timeoutMs: number,
  abort: AbortSignal,
): Promise<Workbook> {
  const worker = new Worker(new URL("./sheetjs_worker.ts", import.meta.url), { type: "module" });
  const ask = <A extends Answer["answer"]>(question: Ask, expected: A, transfer: Transferable[] = []) =>
    new Promise<Extract<Answer, { answer: A }>>((done, fail) => {
      const stop = (error: unknown) => {
        clearTimeout(timer);
        abort.removeEventListener("abort", aborted);
        worker.terminate();
        fail(error);
      };
      const aborted = () => stop(abort.reason);
      const timer = setTimeout(() => {
        stop(
          new DataFailure(
            "refused",
            `${name} took longer than ${timeoutMs / 1000} s to read`,
            "Save it as .xlsx or CSV, which are read as streams.",
          ),
        );
      }, timeoutMs);
      abort.addEventListener("abort", aborted, { once: true });
      worker.onmessage = (event: MessageEvent<Answer>) => {
        clearTimeout(timer);
        abort.removeEventListener("abort", aborted);
        const { data } = event;
        if (data.answer === expected) done(data as Extract<Answer, { answer: A }>);
        else {fail(
            unreadable(name, data.answer === "failed" ? data.message : `unexpected answer ${data.answer}`),
          );}
      };
      worker.onerror = (event) => {
        event.preventDefault();
        stop(unreadable(name, event.message));
      };
      worker.postMessage(question, transfer);
    });
  try {
    abort.throwIfAborted();
    const { sheets } = await ask({ ask: "open", bytes }, "open", [bytes.buffer]);
    return {
      sheets,
      notes: [],
      close: () => worker.terminate(),
      async sheet(index) {
        const { hiddenColumns, merges } = await ask({ ask: "sheet", index }, "sheet");
        return {
          name: sheets[index]?.name ?? "",
          hiddenColumns: new Set(hiddenColumns),
          merges,
          async *rows() {
            for (let from = 0;; from += BATCH) {
              const { rows, end } = await ask({ ask: "rows", from, count: BATCH }, "rows");
              if (rows.length > 0) yield [...rows];
              if (end) return;
            }
          },
        };
      },
    };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

function unreadable(name: string, message: string): DataFailure {
  if (/password|ECMA-376|ODS encryption/i.test(message)) {
    return new DataFailure("contract", `${name} is protected by a password`, "Save it without a password.");
  }
  return new DataFailure(
    "contract",
    `${name} cannot be read as a workbook: ${message.slice(0, 300)}`,
    "It is damaged, or no workbook; save it again as .xlsx.",
  );
}
