/* statusd: a banner that shows only while something is wrong; see /api. */
(w=>{
const tag=document.currentScript,home=new URL(tag.src).origin,ranks=Object.keys(w.is);
const want=(tag.dataset.components||'').split(/[\s,]+/).filter(Boolean);
const mine=c=>!c.group&&(!want.length||want.includes(c.id));
const kept=v=>{try{return v?localStorage[home]=v:localStorage[home]}catch{}};
const make=(name,text,more)=>Object.assign(document.createElement(name),{textContent:text},more);
const host=make('div'),box=make('div','',{lang:w.lang,dir:w.dir,role:'status'});
const root=host.attachShadow({mode:'open'}),css=new CSSStyleSheet();
css.replaceSync(`:host{all:initial;display:block;color-scheme:light dark}div{font:15px/1.5 system-ui,sans-serif;color:CanvasText;background:Canvas;overflow-wrap:anywhere}div:not(:empty){display:flex;flex-wrap:wrap;gap:0 .8em;align-items:center;padding:.5em 1em;border-bottom:2px solid}i{width:1em;height:1em;background:CanvasText}.c0{clip-path:inset(40% 0)}.c1{clip-path:polygon(50% 0,93% 25%,93% 75%,50% 100%,7% 75%,7% 25%)}.c2{clip-path:polygon(50% 5%,100% 95%,0 95%)}.c3{clip-path:polygon(50% 0,100% 50%,50% 100%,0 50%)}span{flex:1 1 14em}a,button{color:inherit}button{font:inherit;background:none;border:0;padding:.3em;text-decoration:underline}`);
root.adoptedStyleSheets=[css];
root.append(box);
let last;
const show=s=>{
const bad=s.components.filter(c=>mine(c)&&c.status!==ranks[0]);
const open=s.incidents.concat(s.scheduled_maintenances).filter(i=>i.status!=='scheduled'&&(!want.length||i.components.some(mine)));
const news=JSON.stringify([bad.map(c=>c.id+c.status),open.map(i=>i.id+i.updated_at)]);
if(news===last)return;
last=news;
box.replaceChildren();
const i=open[0],says=make('span');
if(!i&&!bad.length||kept()===news)return;
says.append(make('b',i?i.name:bad.map(c=>c.name+': '+w.is[c.status]).join(' · ')),' ');
if(i){
const at=new Date(i.incident_updates[0].display_at);
says.append(w.at,' ',make('time',at.toLocaleString(w.lang,{month:'short',day:'numeric',hour:'2-digit',minute:'2-digit',timeZoneName:'short'}),{dateTime:at.toJSON()}),' ');
}
says.append(make('a',w.more,{href:home+(i?'/incidents/'+i.id:'/'),target:'_blank'}));
box.append(make('i','',{className:'c'+Math.max(0,...bad.map(c=>ranks.indexOf(c.status)))}),says,
make('button',w.hide,{type:'button',onclick:()=>{kept(news);box.replaceChildren()}}));
};
const ask=()=>{
setTimeout(ask,6e4*(.7+.6*Math.random()));
if(!document.hidden)fetch(home+'/api/v2/summary.json').then(r=>r.json()).then(show).catch(()=>{});
};
const place=()=>{document.body.prepend(host);ask()};
if(document.body)place();else addEventListener('DOMContentLoaded',place);
})({/*words*/});
