// k6's WebSocket module: every user has one connection, sends, waits for the echo, and sends the next.
import { WebSocket } from "k6/experimental/websockets";
import { Counter } from "k6/metrics";

const echoes = new Counter("echoes");
const message = "m".repeat(Number(__ENV.SIZE));
const length = Number(__ENV.SECONDS) * 1000;

export default function () {
  const socket = new WebSocket(__ENV.URL);
  socket.onopen = () => {
    const end = Date.now() + length;
    socket.onmessage = (event) => {
      if (event.data.length === message.length) echoes.add(1);
      if (Date.now() < end) socket.send(message);
      else socket.close();
    };
    socket.send(message);
  };
}
