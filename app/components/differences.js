// What changed between two texts, by words. `Intl.Segmenter` (in every present browser) also cuts Japanese into words;
// phrases as BudouX cuts them would mark half a sentence for one changed digit, and would be 20 kB more to keep.
const MAX_EDITS = 800;

const segmentsOf = (text, language) =>
  [...new Intl.Segmenter(language, { granularity: "word" }).segment(text)].map((entry) => entry.segment);

// Myers' O(ND) on words; hunks of [old start, old end, new start, new end]. Beyond MAX_EDITS: one hunk.
const hunksOf = (before, after) => {
  let head = 0, oldEnd = before.length, newEnd = after.length;
  while (head < oldEnd && head < newEnd && before[head] === after[head]) head++;
  while (oldEnd > head && newEnd > head && before[oldEnd - 1] === after[newEnd - 1]) { oldEnd--; newEnd--; }
  if (head === oldEnd && head === newEnd) return [];
  const whole = [[head, oldEnd, head, newEnd]];
  if (head === oldEnd || head === newEnd) return whole;
  const n = oldEnd - head, m = newEnd - head, limit = Math.min(n + m, MAX_EDITS), middle = limit + 1;
  const reach = new Int32Array(2 * limit + 3);
  const trace = [];
  for (let edits = 0; edits <= limit; edits++) {
    trace.push(reach.slice(middle - edits - 1, middle + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const isDown = k === -edits || (k !== edits && reach[middle + k - 1] < reach[middle + k + 1]);
      let x = isDown ? reach[middle + k + 1] : reach[middle + k - 1] + 1;
      while (x < n && x - k < m && before[head + x] === after[head + x - k]) x++;
      reach[middle + k] = x;
      if (x >= n && x - k >= m) return stepsBack(trace, edits, n, m).map((hunk) => hunk.map((place) => place + head));
    }
  }
  return whole;
};

const stepsBack = (trace, edits, n, m) => {
  const hunks = [];
  let x = n, y = m;
  for (let count = edits; count > 0; count--) {
    const row = trace[count], at = (k) => row[k + count + 1], k = x - y;
    const isDown = k === -count || (k !== count && at(k - 1) < at(k + 1));
    const oldX = isDown ? at(k + 1) : at(k - 1), oldY = oldX - (isDown ? k + 1 : k - 1);
    const hunk = isDown ? [oldX, oldX, oldY, oldY + 1] : [oldX, oldX + 1, oldY, oldY];
    const next = hunks[0];
    if (next && next[0] === hunk[1] && next[2] === hunk[3]) { next[0] = hunk[0]; next[2] = hunk[2]; } else hunks.unshift(hunk);
    x = oldX;
    y = oldY;
  }
  return hunks;
};

// "One.[ Two.]" rather than "One[. Two].": what is inserted begins as late as it can, so that it cuts no phrase in two.
const slideInsertion = (hunk, next, olds, news) => {
  const limit = next ? next[0] : olds.length;
  while (hunk[0] === hunk[1] && hunk[1] < limit && news[hunk[2]] === olds[hunk[1]]) {
    for (let place = 0; place < 4; place++) hunk[place] += 1;
  }
};

// Changes as UTF-16 ranges of both texts; two that only spaces part are one.
const changesBetween = (before, after, language) => {
  const olds = segmentsOf(before, language), news = segmentsOf(after, language);
  const startsOf = (parts) => parts.reduce((starts, part) => { starts.push(starts[starts.length - 1] + part.length); return starts; }, [0]);
  const oldStarts = startsOf(olds), newStarts = startsOf(news);
  const changes = [];
  const hunks = hunksOf(olds, news);
  hunks.forEach((hunk, index) => slideInsertion(hunk, hunks[index + 1], olds, news));
  for (const [a, b, c, d] of hunks) {
    const last = changes[changes.length - 1];
    const change = { oldStart: oldStarts[a], oldEnd: oldStarts[b], newStart: newStarts[c], newEnd: newStarts[d] };
    if (last && !before.slice(last.oldEnd, change.oldStart).trim() && change.oldStart > last.oldEnd) {
      last.oldEnd = change.oldEnd;
      last.newEnd = change.newEnd;
    } else changes.push(change);
  }
  return changes;
};

// Where a range of the old text has gone in the new one.
const mapRange = (changes, start, end) => {
  let shift = 0, from = null, to = null;
  for (const change of changes) {
    if (from === null && start < change.oldEnd) from = start < change.oldStart ? start + shift : change.newStart;
    if (to === null && end <= change.oldStart) to = end + shift;
    else if (to === null && end <= change.oldEnd) to = change.newEnd;
    shift = change.newEnd - change.oldEnd;
  }
  return [from === null ? start + shift : from, to === null ? end + shift : to];
};

const isTouched = (changes, start, end) =>
  changes.some((change) => (change.oldStart < end && change.oldEnd > start) || (change.oldStart === change.oldEnd && change.oldStart > start && change.oldStart < end));

const drawChanges = (before, after, changes) => {
  const pieces = document.createDocumentFragment();
  let at = 0;
  for (const { oldStart, oldEnd, newStart, newEnd } of changes) {
    pieces.append(before.slice(at, oldStart));
    if (oldEnd > oldStart) pieces.append(make("del", { text: before.slice(oldStart, oldEnd) }));
    if (newEnd > newStart) pieces.append(make("ins", { text: after.slice(newStart, newEnd) }));
    at = oldEnd;
  }
  pieces.append(before.slice(at));
  return pieces;
};
