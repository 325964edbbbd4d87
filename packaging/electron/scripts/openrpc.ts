/**
 * TypeScript from the server's OpenRPC document. Of JSON Schema it knows what msgspec writes and
 * refuses the rest: a page of code with one purpose, where the general generators bring a
 * formatter and a dozen packages along.
 */

export interface Schema {
  $ref?: string;
  type?: string;
  enum?: (string | number)[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: string[];
  default?: unknown;
  description?: string;
}

export interface OpenRpc {
  info: { "x-protocol": number };
  methods: {
    name: string;
    params: { name: string; required: boolean; schema: Schema }[];
    result: { schema: Schema };
  }[];
  "x-notifications": { name: string; params: Schema }[];
  "x-errors": { code: number; kind: string; retryable: boolean }[];
  components: { schemas: Record<string, Schema> };
}

const HEADER = `// Written by \`npm run generate\` from the server's OpenRPC document. Not to be edited:
// a test compares it with what the running server says.
`;
const ERROR_DATA: Schema = { $ref: "#/components/schemas/JobErrorData" };

/** Names that would hide a type of TypeScript's or of the browser's. */
const RENAMED: Record<string, string> = { Partial: "PartialTranscript", Window: "DecodingWindow" };
const PRIMITIVES: Record<string, string> = {
  boolean: "boolean",
  integer: "number",
  null: "null",
  number: "number",
  string: "string",
};

/** The whole of `src/generated.ts`. */
export function typescript(document: OpenRpc): string {
  const schemas = document.components.schemas;
  const given = document.methods.flatMap(({ params }) => params.map(({ schema }) => schema));
  const sent = [
    ...document.methods.map(({ result }) => result.schema),
    ...document["x-notifications"].map(({ params }) => params),
    ERROR_DATA,
  ];
  const ofParams = reachable(given, schemas);
  const all = reachable([...given, ...sent], schemas);
  const types = Object.entries(schemas)
    .filter(([name]) => all.has(name))
    .map(([name, schema]) => declaration(name, schema, !ofParams.has(name)));
  const protocol = `export const PROTOCOL = ${document.info["x-protocol"]};\n`;
  return [HEADER, protocol, ...types, methods(document), notifications(document), errors(document)]
    .join("\n");
}

/**
 * Whether what the server sends always has this member. Members without a default have to be
 * there; of the others it leaves out those that are null, and only those.
 */
export function alwaysSent(name: string, schema: Schema): boolean {
  return (schema.required ?? []).includes(name) || schema.properties?.[name]?.default !== null;
}

/** `#/components/schemas/Name` to `Name`. */
export function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf("/") + 1);
}

function reachable(roots: Schema[], schemas: Record<string, Schema>): Set<string> {
  const found = new Set<string>();
  const visit = (schema: Schema): void => {
    if (schema.$ref !== undefined) {
      const name = nameOf(schema.$ref);
      const target = schemas[name];
      if (target === undefined) throw new Error(`there is no schema ${name}`);
      if (found.has(name)) return;
      found.add(name);
      visit(target);
    }
    const inner = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? [])];
    for (const one of [...inner, ...Object.values(schema.properties ?? {})]) {
      if (typeof one === "object") visit(one);
    }
  };
  roots.forEach(visit);
  return found;
}

function declaration(name: string, schema: Schema, sent: boolean): string {
  const members = Object.entries(schema.properties ?? {}).map(([member, type]) => {
    const there = sent ? alwaysSent(member, schema) : (schema.required ?? []).includes(member);
    return `  ${member}${there ? "" : "?"}: ${typeOf(type)};`;
  });
  const comment = documentation(schema.description);
  return [comment, `export interface ${shown(name)} {`, ...members, "}", ""].join("\n");
}

function methods({ methods }: OpenRpc): string {
  const lines = methods.flatMap(({ name, params, result }) => [
    `  ${JSON.stringify(name)}: {`,
    params.length ? "    params: {" : "    params: Record<string, never>;",
    ...params.map((one) => `      ${one.name}${one.required ? "" : "?"}: ${typeOf(one.schema)};`),
    ...(params.length ? ["    };"] : []),
    `    result: ${typeOf(result.schema)};`,
    "  };",
  ]);
  const comment = documentation("What can be called, with its parameters by name.");
  return [comment, "export interface Methods {", ...lines, "}", ""].join("\n");
}

function notifications(document: OpenRpc): string {
  const lines = document["x-notifications"].map(
    ({ name, params }) => `  ${JSON.stringify(name)}: ${typeOf(params)};`,
  );
  const comment = documentation("What the server says unasked.");
  return [comment, "export interface Notifications {", ...lines, "}", ""].join("\n");
}

function errors(document: OpenRpc): string {
  const lines = document["x-errors"].map(
    ({ kind, code, retryable }) => `  ${kind}: { code: ${code}, retryable: ${retryable} },`,
  );
  const comment = documentation("The errors of the wire, by their kind.");
  return [comment, "export const ERRORS = {", ...lines, "} as const;", ""].join("\n");
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return shown(nameOf(schema.$ref));
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(" | ");
  if (schema.type === "array") return arrayOf(schema.items);
  if (schema.type === "object" && schema.properties === undefined) {
    const values = schema.additionalProperties;
    return `Record<string, ${typeof values === "object" ? typeOf(values) : "unknown"}>`;
  }
  const primitive = PRIMITIVES[schema.type ?? ""];
  if (primitive === undefined) throw new Error(`no type for ${JSON.stringify(schema)}`);
  return primitive;
}

function arrayOf(items: Schema | undefined): string {
  const item = items === undefined ? "unknown" : typeOf(items);
  return item.includes(" ") ? `(${item})[]` : `${item}[]`;
}

function shown(name: string): string {
  return RENAMED[name] ?? name;
}

function documentation(text = ""): string {
  const lines = text.split("\n").map((line) => line.trim());
  if (lines.length === 1) return `/** ${lines[0]} */`;
  return ["/**", ...lines.map((line) => (line ? ` * ${line}` : " *")), " */"].join("\n");
}
