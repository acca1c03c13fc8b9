// A worker that keeps time: timers of a hidden page are slowed to one a minute, a worker's are not.
setInterval(() => postMessage("pulso"), 10000);
