// k6 as a closed loop: every virtual user asks again as soon as it has its answer.
import http from 'k6/http';

export const options = { discardResponseBodies: true };

export default function () {
  http.get(__ENV.URL);
}
