import re,sys
from pathlib import Path
def parts(p): 
    return [(q.partition('\n')[0].strip(), q.partition('\n')[2].strip('\n')) for q in re.split(r'^%% ',Path(p).read_text('utf-8'),flags=re.M)[1:]]
en,ru=parts(sys.argv[1]),dict(parts(sys.argv[2])); out=[]; used=set()
for head,body in en:
    kind=head.split()[0]
    if kind in('md','ex'):
        if head not in ru: raise SystemExit('no Russian: '+head)
        body=ru[head]; used.add(head)
    else: body=body.replace('set_language("en")','set_language("ru")')
    out.append(f'%% {head}\n{body}\n')
if set(ru)-used: raise SystemExit(set(ru)-used)
Path(sys.argv[3]).write_text(''.join(out),'utf-8')
