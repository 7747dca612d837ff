import t from 'tap';
import { listAsCsv } from '../../../controller/api/list-csv.ts';

t.test('a list as CSV: what lies inside has its own column, times are ISO, and several stand in one cell', async (t) => {
  const rows = [
    { id: 'a', labels: { site: 'x,"y"' }, updatedAt: 0, tasks: [{ kind: 'icmp', every: 1_000 }, { kind: 'tcp' }], status: null, ok: true },
    { id: '=1+1', labels: { zone: '@z' }, updatedAt: 1_000, tasks: [], status: { v: 1 }, ok: false },
  ];
  const names = ['id', 'labels', 'updatedAt', 'tasks', 'status', 'ok', 'reason'];
  t.same(listAsCsv(names, rows).split('\r\n'), [
    'id,labels.site,labels.zone,updatedAt,tasks,status.v,ok,reason',
    'a,"x,""y""",,1970-01-01T00:00:00.000Z,icmp 1000; tcp,,true,',
    "'=1+1,,'@z,1970-01-01T00:00:01.000Z,,1,false,",
    '',
  ]);
  t.equal(listAsCsv(['id', 'labels'], []), 'id,labels\r\n', 'an empty list has its columns');
});
