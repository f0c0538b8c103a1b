// npm `fhir` on a bundle from standard input: prints what it finds wrong, one a line.
const { Fhir } = require('fhir');
const fhir = new Fhir();
const bundle = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
for (const entry of bundle.entry) {
  const found = fhir.validate(entry.resource, { errorOnUnexpected: true });
  for (const message of found.messages ?? []) {
    if (['error', 'fatal'].includes(message.severity)) console.log(`${entry.resource.resourceType} ${message.location}: ${message.message}`);
  }
}
