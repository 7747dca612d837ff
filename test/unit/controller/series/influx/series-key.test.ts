import t from 'tap';
import { tagsOfKey } from '../../../../../controller/series/influx/query.ts';

t.test('InfluxDB: the key of a series is its tags again', async (t) => {
  t.same(tagsOfKey('ping,agent=ams1,host=ams1,task=gw/icmp'), { agent: 'ams1', host: 'ams1', task: 'gw/icmp' });
  t.same(tagsOfKey('net\\,work,partner=A\\ &\\ B\\,\\ Ltd,a\\=b=c\\=d'), { partner: 'A & B, Ltd', 'a=b': 'c=d' });
  t.same(tagsOfKey('ping'), {}, 'a series without tags');
});
