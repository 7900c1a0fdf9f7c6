import { createServer } from 'node:http'

import { Notes } from './notes.js'

const notes = new Notes()

async function answer(request) {
  const { pathname } = new URL(request.url, 'http://host')
  if (pathname === '/health') return [200, 'text/plain', 'ok\n']
  if (pathname === '/') return [200, 'application/json', JSON.stringify(notes.names()) + '\n']
  const name = pathname.match(/^\/notes\/([a-z0-9-]+)$/)?.[1]
  if (name && request.method === 'POST') {
    const parts = []
    for await (const part of request) parts.push(part)
    notes.put(name, Buffer.concat(parts).toString())
    return [201, 'text/plain', 'kept\n']
  }
  const html = name && notes.html(name)
  return html ? [200, 'text/html; charset=utf-8', html] : [404, 'text/plain', 'not found\n']
}

const server = createServer(async (request, response) => {
  const [status, type, body] = await answer(request)
  response.writeHead(status, { 'content-type': type }).end(body)
})

process.on('SIGTERM', () => {
  server.close(() => console.log('stopped in good order'))
  server.closeAllConnections()
})
server.listen(Number(process.env.PORT ?? 3000), () => console.log(`listening as uid ${process.getuid()}`))
