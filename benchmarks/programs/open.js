// k6 as an open loop: arrivals at a constant rate, whatever the server does.
import http from 'k6/http';

export const options = {
  discardResponseBodies: true,
  scenarios: {
    steady: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE),
      timeUnit: '1s',
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: Number(__ENV.CONNECTIONS),
      maxVUs: Number(__ENV.CONNECTIONS),
      gracefulStop: '30s',
    },
  },
};

export default function () {
  http.get(__ENV.URL);
}
