// Reads Terraform files as HashiCorp's own parser does, holds them against its formatter and against the
// provider's schema, and prints what they hold as JSON: one object a file, in the order of the arguments.
//
//   node check.mjs FILE...
//
// The schema is that of `@cdktf/provider-aws`, which is generated from the provider: every resource is a
// class with a TypeScript declaration of which arguments there are, and which of them are required.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import hcl2json from '@cdktf/hcl2json';
import * as tools from '@cdktf/hcl-tools';

const require = createRequire(import.meta.url);
const library = path.join(path.dirname(require.resolve('@cdktf/provider-aws/package.json')), 'lib');
// What every resource and module takes, whatever its kind.
const META = new Set(['lifecycle', 'provider', 'providers', 'depends_on', 'count', 'for_each', 'source']);
const problems = [];

const snake = (name) => name.replace(/Attribute$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The arguments of an interface in a declaration: name -> { required, type }. */
function interfaceOf(text, name) {
  const start = text.search(new RegExp(`export interface ${name}\\b`));
  if (start < 0) return null;
  const body = text.slice(start, text.indexOf('\n}', start));
  const fields = body.matchAll(/^ {4}readonly (\w+)(\??): ([^;\n]+)/gm);
  return new Map([...fields].map(([, field, optional, type]) => [
    snake(field), { required: !optional, type: type.replace(/\[\]| \| cdktf\.IResolvable|;/g, '').trim() }]));
}

/** The class of `aws_vpc_endpoint` is in `vpc-endpoint`. */
function declarationOf(kind) {
  const file = path.join(library, kind.replace(/^aws_/, '').replaceAll('_', '-'), 'index.d.ts');
  if (!fs.existsSync(file)) return null;
  const text = fs.readFileSync(file, 'utf8');
  const type = text.match(new RegExp(`export declare class (\\w+) extends cdktf\\.TerraformResource`))?.[1];
  return text.includes(`tfResourceType = "${kind}"`) && type ? { text, type } : null;
}

function checkBlock(where, declaration, type, block) {
  const known = interfaceOf(declaration.text, type);
  if (!known) return void problems.push(`${where}: no interface ${type}`);
  for (const [name, value] of Object.entries(block)) {
    const field = known.get(name);
    if (!field) {
      if (!META.has(name)) problems.push(`${where}: the provider knows no argument ${name}`);
      continue;
    }
    if (!/^[A-Z]\w+$/.test(field.type)) continue;
    for (const inner of [value].flat()) checkBlock(`${where}.${name}`, declaration, field.type, inner);
  }
  for (const [name, { required }] of known) {
    if (required && !(name in block)) problems.push(`${where}: ${name} is missing`);
  }
}

const parsed = [];
for (const file of process.argv.slice(2)) {
  const text = fs.readFileSync(file, 'utf8');
  const content = await hcl2json.parse(file, text);
  const formatted = await tools.format(text);
  if (formatted !== text) {
    const lines = text.split('\n');
    const at = formatted.split('\n').findIndex((line, number) => line !== lines[number]);
    problems.push(`${file}:${at + 1}: the formatter writes ${JSON.stringify(formatted.split('\n')[at])}`);
  }
  for (const [kind, resources] of Object.entries(content.resource ?? {})) {
    const declaration = declarationOf(kind);
    for (const [name, blocks] of Object.entries(resources)) {
      const where = `${file}: ${kind}.${name}`;
      if (!declaration) problems.push(`${where}: the provider knows no such resource`);
      else for (const block of blocks) checkBlock(where, declaration, `${declaration.type}Config`, block);
    }
  }
  parsed.push(content);
}
for (const problem of problems) console.error(problem);
console.log(JSON.stringify(parsed));
process.exit(problems.length ? 1 : 0);
