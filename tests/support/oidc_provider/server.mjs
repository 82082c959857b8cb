// The npm package `oidc-provider` with one client, on loopback, until it is killed. Its first
// line says where it is. Keys are made at every start, so that a second start on the same port
// is a rotation.
//
//   SETTINGS=… node server.mjs FOLDER PORT
//
// FOLDER has the package below node_modules, PORT may be 0, and the settings are the JSON object
// { client, secret, origin, callback, backChannel, metadata, people: { NAME: claims } },
// where the metadata is the client's beyond what every client has.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, port] = process.argv.slice(2);
const settings = JSON.parse(process.env.SETTINGS);
const main = join(folder, 'node_modules/oidc-provider/lib/index.js');
const { default: Provider } = await import(pathToFileURL(main).href);

// Without `alg`, so that a client has to choose by the kind of key.
const keys = [
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ed25519'),
].map(({ privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), use: 'sig' }));

const configuration = {
  clients: [{
    client_id: settings.client,
    client_secret: settings.secret,
    redirect_uris: [settings.callback],
    post_logout_redirect_uris: [`${settings.origin}/logout/done`],
    backchannel_logout_uri: settings.backChannel,
    backchannel_logout_session_required: true,
    ...settings.metadata,
  }],
  jwks: { keys },
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username', 'groups'],
    email: ['email', 'email_verified'],
  },
  features: { backchannelLogout: { enabled: true }, jwtUserinfo: { enabled: true } },
  cookies: { keys: ['only for tests'] },
  // Its dispatcher would keep it from telling a service on loopback.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  findAccount: (_, id) => settings.people[id] && ({
    accountId: id,
    claims: () => ({ sub: id, ...settings.people[id] }),
  }),
};

const server = createServer();
server.listen(Number(port), '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration);
  provider.on('backchannel.error', (_, error) => console.error(error));
  provider.on('server_error', (_, error) => console.error(error));
  server.on('request', provider.callback());
  console.log(issuer);
});
