// Prints what heroku-client sees and does of the app that is named, as one JSON object.
const Heroku = require('heroku-client')

const client = new Heroku({ token: process.env.HEROKU_API_KEY, host: process.env.HEROKU_API_URL })
const app = `/apps/${process.argv[2]}`

async function main() {
  const found = { account: (await client.get('/account')).email }
  found.names = (await client.get('/apps')).map((one) => one.name)
  found.config = await client.patch(`${app}/config-vars`, { body: { SHAPE: 'round' } })
  const updates = [{ type: 'worker', quantity: 0, size: 'basic' }]
  const formation = await client.patch(`${app}/formation`, { body: { updates } })
  found.formation = formation.map((one) => [one.type, one.quantity])
  const domain = await client.post(`${app}/domains`, { body: { hostname: 'www.node.example', sni_endpoint: null } })
  found.domain = domain.hostname
  found.dyno = (await client.post(`${app}/dynos`, { body: { command: 'true', attach: false } })).name
  const tail = { method: 'POST', path: `${app}/log-sessions`, body: { lines: 5 }, headers: { 'X-Other': '1' } }
  found.log = (await client.request(tail)).logplex_url
  found.releases = (await client.get(`${app}/releases`)).length
  found.refused = await client.get('/apps/nobody-s').catch((error) => [error.statusCode, error.body.id])
  console.log(JSON.stringify(found))
}

main().catch((error) => {
  console.error(error.message)
  process.exit(1)
})
