/** Writes `src/generated.ts` from what the sidecar that the tests use says of itself. */

import { writeFileSync } from "node:fs";
import { AsrSidecar } from "../src/index.js";
import { testCommand } from "../tests/command.js";
import { typescript, type OpenRpc } from "./openrpc.js";

const sidecar = await AsrSidecar.start(testCommand());
try {
  const document = (await sidecar.discover()) as unknown as OpenRpc;
  writeFileSync(new URL("../../src/generated.ts", import.meta.url), typescript(document));
} finally {
  await sidecar.shutdown();
}
