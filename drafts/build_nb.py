"""usage: build_nb.py SOURCE.txt OUT.ipynb  (cells begin with '%% kind id [tags]')"""
import json,re,sys
sys.path.insert(0,'.')
from pathlib import Path
from course_tools.lessons import write, METADATA
NB=lambda name,grade,sol,locked: {"nbgrader":{"grade":grade,"grade_id":name,"locked":locked,**({"points":1} if grade else {}),"schema_version":3,"solution":sol,"task":False}}
cells=[]
for part in re.split(r'^%% ',Path(sys.argv[1]).read_text('utf-8'),flags=re.M)[1:]:
    head,_,body=part.partition('\n'); kind,id_,*tags=head.split(); body=body.strip('\n')
    if kind=='md': cells.append({"cell_type":"markdown","id":id_,"metadata":{},"source":body})
    elif kind=='ex':   # exercise text
        cells.append({"cell_type":"markdown","id":f"{id_}-text","metadata":NB(f"{id_}-text",False,False,True),"source":body})
    elif kind=='answer':
        cells.append({"cell_type":"code","id":id_,"metadata":NB(id_,False,True,False),"source":body,"outputs":[],"execution_count":None})
    elif kind=='check':
        cells.append({"cell_type":"code","id":f"{id_}-check","metadata":NB(f"{id_}-check",True,False,True),"source":f'from dicom_lessons import check\n\ncheck("{id_}", {body})',"outputs":[],"execution_count":None})
    elif kind=='code': cells.append({"cell_type":"code","id":id_,"metadata":{"tags":tags} if tags else {},"source":body,"outputs":[],"execution_count":None})
    else: raise SystemExit(kind)
write(Path(sys.argv[2]),{"cells":cells,"metadata":METADATA,"nbformat":4,"nbformat_minor":5})
print(len(cells))
