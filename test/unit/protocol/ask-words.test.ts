import fc from 'fast-check';
import t from 'tap';
import { readName, readTag, splitWords, writeName, writeTag } from '../../../protocol/ask-words.ts';

t.test('ask words: whatever a name or a tag is, it is read as it was written, alone and in a list', async (t) => {
  const name = fc.oneof(fc.string({ minLength: 1 }), fc.stringMatching(/^[a-c",:= ()\\]{1,6}$/));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name), { minLength: 1, maxLength: 3 }), (pairs) => {
      const tags = pairs.map(([key, value]) => writeTag(key, value));
      t.same(tags.map(readTag), pairs);
      t.same(splitWords(tags.join(',')), tags);
      const names = pairs.map(([key]) => `max(${writeName(key)})`);
      t.same(splitWords(names.join()), names);
      t.equal(readName(writeName(pairs[0]?.[0] ?? '')), pairs[0]?.[0]);
    }),
    { numRuns: 500 },
  );
});

t.test('ask words: what needs no quotes has none, and stray ones are as they are', async (t) => {
  t.equal(writeTag('task', 'loopback-v4/icmp'), 'task:loopback-v4/icmp');
  t.equal(writeTag('rack no', '7,8'), '"rack no":"7,8"');
  t.same(readTag('country=de'), ['country', 'de']);
  t.same(readTag('address:2001:db8::1'), ['address', '2001:db8::1']);
  t.equal(readTag('country'), null);
  t.same(splitWords('a, b ,,p99(rtt_sketch),x:5"'), ['a', 'b', 'p99(rtt_sketch)', 'x:5"']);
});
