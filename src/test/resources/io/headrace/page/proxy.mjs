// A wire between the browser and the server that can be cut.
import net from 'node:net';

/** Listens on `port` (0: any) and passes bytes on to 127.0.0.1:`target`. */
export async function proxy(target, port = 0) {
  const sockets = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(target, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise((done) => server.listen(port, '127.0.0.1', done));
  return {
    port: server.address().port,
    /** Ends every connection at once and refuses new ones. */
    cut() {
      const closed = new Promise((done) => server.close(done));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}
