package markdown
import ("testing";"fmt";"os";"strings";"time";"runtime";"context")
func TestTmp(t *testing.T){
 r:=New(Options{OwnHosts: []string{"own.example"}})
 src:="Intro line one\nline two **bold** <b>x</b> &amp; \\* it's \"q\"\n\n# Head\n\n- [ ] a\n- [x] b https://x.example/a_b.\n  - deep\n\n  para\n\n3) c\n4) d\n\n| A | B |\n|---|:-:|\n| 1 | [w](https://own.example/) |\n| 2 |\n\n> q1\n> - l\n>   m\n\n```sh\ncode <x>\n\n  more\n```\n\n[Update]: fixed\n\n![alt *x*](http://i.example/a.png) [](mailto:a@b.c) me@x.example www.x.example [t](https://e.example \"ti&lt;tle\") <tel:1>\n\n---\n\n-\n- - a\n  b\n"
 d,err:=r.Render(context.Background(),src,0)
 fmt.Println(err); fmt.Println(d.HTML); fmt.Println("-----"); fmt.Println(d.Text); fmt.Println("-----"); fmt.Printf("%q\n",d.Lead)
 p,_,_,_ := r.write([]byte(src)); fmt.Println(p==d.HTML)
}
func rep(s string,n int)string{ return strings.Repeat(s, n/len(s)) }
func TestCost(t *testing.T){
 r:=New(Options{})
 N:=100000
 if os.Getenv("N")!="" { fmt.Sscan(os.Getenv("N"),&N) }
 for _,c:=range []struct{n,s string}{
  {"text", rep("hello world again ",N)},
  {"paras", rep("a\n\n",N)},
  {"headings", rep("#\n",N)},
  {"hr", rep("***\n",N)},
  {"items", rep("-\n",N)},
  {"items a", rep("- a\n",N)},
  {"loose", rep("- a\n\n",N)},
  {"quotes", rep(">\n\n",N)},
  {"quote a", rep(">a\n\n",N)},
  {"em paras", rep("*a*\n\n",N)},
  {"em items", rep("- *a*\n",N)},
  {"code paras", rep("`a`\n\n",N)},
  {"fences", rep("```\n",N)},
  {"indent code", rep("    a\n\n-\n\n",N)},
  {"lines", rep("a\n",N)},
  {"em 4000 run blocks", rep(rep("*a ",6000)+rep("a_ ",6000)+"\n\n",N)},
  {"code one block", rep("`a`",N)},
  {"del one", rep("~a~ ",N/16)},
  {"strong run", strings.Repeat("*",N/2-1)+"a"+strings.Repeat("*",N/2-1)},
  {"entities", rep("&amp;",N)},
  {"entities2", rep("&amp; *a* ",N/10)},
  {"quotes chars", rep("\"'",N)},
  {"bs", rep("\\*",N)},
  {"urls", rep("http://a.b ",11000)},
  {"emails", rep("a@b.c ",6000)},
  {"emails long", rep(strings.Repeat("a",60)+"@"+strings.Repeat("a.",120)+"a ",N)},
  {"lt", rep("<",N)},{"amp", rep("&",N)},{"bang", rep("!",N)},{"amp a", rep("&a",N)},{"paren", rep("(",N)},{"paren a", rep("(a",N)},{"paren long", rep("("+strings.Repeat("a",64)+"@",N)},
  {"spaces", rep(" ",N)+"a"},
  {"mixed span", rep("a *b* `c` ",N/10)},
  {"chinese", rep("状态页",N*3)},
  {"emoji", rep("😀",N*4)},
  {"unused defs", rep("[a]: b\n\n",8000)},
  {"tableflat", "|a|b|\n|-|-|\n"+rep("|a|b|\n",3000)},
  {"shortcut defs", "[a]: http://a.b\n\n"+rep("[a] ",4000)},
 }{
  var m0,m1 runtime.MemStats; runtime.GC(); runtime.ReadMemStats(&m0)
  t0:=time.Now(); p,tx,_,err:=r.write([]byte(c.s)); t1:=time.Since(t0)
  runtime.ReadMemStats(&m1)
  var d Doc
  if err==nil { d,err=r.convert([]byte(c.s)) }
  t2:=time.Since(t0)-t1
  var m2 runtime.MemStats
  runtime.ReadMemStats(&m2)
  fmt.Printf("%-20s write %8.1fms %6.1fMB full %8.1fms %6.1fMB html %d text %d same %v err %v\n",c.n,t1.Seconds()*1e3,float64(m1.TotalAlloc-m0.TotalAlloc)/1e6,t2.Seconds()*1e3,float64(m2.TotalAlloc-m1.TotalAlloc)/1e6,len(p),len(tx),p==d.HTML,err)
 }
}
