import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { AsrSidecar } from "../src/index.js";
import { alwaysSent, nameOf, typescript, type OpenRpc, type Schema } from "../scripts/openrpc.js";
import { SAMPLE, testCommand } from "./command.js";

test("the types are those of the running server", async (t) => {
  const sidecar = await AsrSidecar.start(testCommand());
  t.after(() => sidecar.shutdown());
  const document = (await sidecar.discover()) as unknown as OpenRpc;
  const written = readFileSync(new URL("../../src/generated.ts", import.meta.url), "utf8");
  // `npm run generate` writes them anew.
  assert.equal(written.replaceAll("\r\n", "\n"), typescript(document));

  const { schemas } = document.components;
  const check = (value: unknown, schema: Schema | undefined, path: string): void => {
    if (Array.isArray(value)) value.forEach((one) => check(one, schema?.items, path));
    if (value === null || typeof value !== "object" || Array.isArray(value)) return;
    const target = schema?.$ref === undefined ? schema : schemas[nameOf(schema.$ref)];
    const known = target?.properties ?? {};
    for (const name of Object.keys(known)) {
      if (target && alwaysSent(name, target)) assert.ok(name in value, `${path}.${name} was not sent`);
    }
    for (const [name, inner] of Object.entries(value)) check(inner, known[name], `${path}.${name}`);
  };
  const results = {
    transcribe: await sidecar.transcribe(SAMPLE, { profile: true, options: { word_timestamps: true } }),
    status: await sidecar.status(),
    "models.list": await sidecar.models.list(),
    ping: await sidecar.ping(),
  };
  for (const [name, result] of Object.entries(results)) {
    check(result, document.methods.find((method) => method.name === name)?.result.schema, name);
  }
});

const SCHEMAS: OpenRpc = {
  info: { "x-protocol": 3 },
  methods: [
    {
      name: "do",
      params: [{ name: "in", required: true, schema: { $ref: "#/components/schemas/In" } }],
      result: { schema: { $ref: "#/components/schemas/Partial" } },
    },
    { name: "rest", params: [], result: { schema: { $ref: "#/components/schemas/JobErrorData" } } },
  ],
  "x-notifications": [{ name: "a/b", params: { type: "object" } }],
  "x-errors": [{ code: -1, kind: "odd", retryable: true }],
  components: {
    schemas: {
      In: { description: "Given.", properties: { n: { type: "integer", default: 0 } }, required: [] },
      Partial: {
        description: "Sent.\n\n    In two paragraphs.",
        properties: {
          zero: { type: "number", default: 0 },
          maybe: { anyOf: [{ type: "string" }, { type: "null" }], default: null },
          some: { type: "array", items: { enum: ["a", 1] } },
          by: { type: "object", additionalProperties: { type: "boolean" } },
        },
        required: ["some", "by"],
      },
      JobErrorData: { properties: {} },
      Unused: { properties: {} },
    },
  },
};

test("a schema becomes an interface, and says what may be left out", () => {
  const text = typescript(SCHEMAS);
  assert.match(text, /export const PROTOCOL = 3;/);
  // What the client gives may be left out where it has a default; what the server sends may not,
  // except where the default is null.
  assert.match(text, /\/\*\* Given. \*\/\nexport interface In {\n {2}n\?: number;\n}/);
  assert.match(
    text,
    / \* Sent.\n \*\n \* In two paragraphs.\n \*\/\nexport interface PartialTranscript {\n {2}zero: number;\n {2}maybe\?: string \| null;\n {2}some: \("a" \| 1\)\[\];\n {2}by: Record<string, boolean>;\n}/,
  );
  assert.match(text, /"do": {\n {4}params: {\n {6}in: In;\n {4}};\n {4}result: PartialTranscript;/);
  assert.match(text, /"rest": {\n {4}params: Record<string, never>;/);
  assert.match(text, /"a\/b": Record<string, unknown>;/);
  assert.match(text, /odd: { code: -1, retryable: true },/);
  assert.doesNotMatch(text, /Unused/);
});

test("a schema that nobody has seen before is refused", () => {
  const odd = structuredClone(SCHEMAS);
  odd["x-notifications"] = [{ name: "a/b", params: { type: "bytes" } }];
  assert.throws(() => typescript(odd), /no type for {"type":"bytes"}/);
  odd["x-notifications"] = [{ name: "a/b", params: { $ref: "#/components/schemas/Gone" } }];
  assert.throws(() => typescript(odd), /there is no schema Gone/);
});
