// Starts a directory of identities (PLC) and a PDS, both on loopback only, out of the folder that install_pds.sh filled.
// Usage: node pds.mjs FOLDER DATA; writes one line of JSON with the two addresses, and ends when its standard input does.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder, data] = process.argv.slice(2)
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'number') return listen.call(this, { port: first, host: '127.0.0.1' }, ...rest)
  if (typeof first === 'object' && first !== null && 'port' in first) return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest)
  return listen.call(this, first, ...rest)
}
const freePort = () =>
  new Promise((resolve) => {
    const probe = net.createServer()
    probe.listen({ port: 0 }, () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
const require = createRequire(join(folder, 'package.json'))
const load = async (name) => import(pathToFileURL(require.resolve(name)))

const plcServer = await load('@did-plc/server')
const { PlcServer, Database } = plcServer.default?.PlcServer ? plcServer.default : plcServer
const plcPort = await freePort()
await PlcServer.create({ db: Database.mock(), port: plcPort }).start()

const pdsPort = await freePort()
for (const name of ['pds', 'blobs']) mkdirSync(join(data, name), { recursive: true })
Object.assign(process.env, {
  PDS_HOSTNAME: 'localhost',
  PDS_PORT: String(pdsPort),
  PDS_DEV_MODE: 'true',
  PDS_INVITE_REQUIRED: 'false',
  PDS_SERVICE_HANDLE_DOMAINS: '.test',
  PDS_DATA_DIRECTORY: join(data, 'pds'),
  PDS_BLOBSTORE_DISK_LOCATION: join(data, 'blobs'),
  PDS_DID_PLC_URL: `http://127.0.0.1:${plcPort}`,
  PDS_JWT_SECRET: randomBytes(16).toString('hex'),
  PDS_ADMIN_PASSWORD: randomBytes(16).toString('hex'),
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: randomBytes(32).toString('hex'),
  PDS_RATE_LIMITS_ENABLED: 'true',
  LOG_ENABLED: 'false',
})
const { PDS } = await import(pathToFileURL(join(folder, 'node_modules/@atproto/pds/dist/index.js')))
const pds = await PDS.fromEnv()
await pds.start()
console.log(JSON.stringify({ pds: `http://127.0.0.1:${pdsPort}`, plc: `http://127.0.0.1:${plcPort}` }))
process.stdin.on('end', () => process.exit(0)).resume()
