// One line of JSON for each test that ran, for SupabaseClientIT.
export default async function* reporter(events) {
  const path = [];
  let deepest = 0;
  for await (const { type, data } of events) {
    if (type === 'test:start') {
      path.length = data.nesting;
      path.push(data.name);
    } else if (type === 'test:pass' || type === 'test:fail') {
      const error = data.details?.error;
      const hasSubtests = deepest > data.nesting;
      deepest = data.nesting;
      // A test with subtests repeats what they said
      if (hasSubtests && (!error || error.failureType === 'subtestsFailed')) {
        continue;
      }
      const failure = type === 'test:fail' ? describe(error) : null;
      path.length = data.nesting;
      path.push(data.name);
      yield `@test ${JSON.stringify({ name: path.join(' › '), millis: Math.round(data.details?.duration_ms ?? 0), failure, skipped: data.skip ?? null })}\n`;
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      yield data.message;
    }
  }
}

function describe(error) {
  const lines = [];
  for (let cause = error?.failureType ? error.cause ?? error : error; cause; cause = cause.cause) {
    lines.push((cause.stack ?? String(cause)).split('\n').filter((line) => !/^ +at .*node:/.test(line)).join('\n'));
  }
  return lines.join('\ncaused by ') || 'failed without saying why';
}
