package view

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"

	"github.com/statusd/statusd/internal/snapshot"
)

// The image that chats show beside a link: 1200 by 630, as Open Graph's readers
// want it, the state as a shape, and the words. The Go fonts know Latin, Greek
// and Cyrillic; what they do not know is left out rather than drawn as boxes.

const drawnWidth, drawnHeight, drawnMargin = 1200, 630, 80

var (
	paper = color.RGBA{0xf7, 0xf7, 0xf4, 0xff}
	ink   = color.RGBA{0x18, 0x1b, 0x19, 0xff}
	soft  = color.RGBA{0x56, 0x5d, 0x58, 0xff}
	white = color.RGBA{0xff, 0xff, 0xff, 0xff}
)

var markColours = map[Mark]color.RGBA{
	"ok": {0x0f, 0x73, 0x55, 0xff}, "slow": {0x85, 0x58, 0x00, 0xff}, "part": {0xae, 0x43, 0x00, 0xff},
	"down": {0xb3, 0x20, 0x2e, 0xff}, "maint": {0x2b, 0x57, 0xb0, 0xff}, "none": {0x6b, 0x72, 0x6d, 0xff},
}

type fonts struct{ regular, bold *sfnt.Font }

var theFonts = sync.OnceValues(func() (fonts, error) {
	regular, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return fonts{}, fmt.Errorf("read the font: %w", err)
	}
	bold, err := opentype.Parse(gobold.TTF)
	if err != nil {
		return fonts{}, fmt.Errorf("read the font: %w", err)
	}
	return fonts{regular, bold}, nil
})

// DrawPage is the image of the page: its headline.
func (v *Views) DrawPage(s *snapshot.Snapshot) ([]byte, error) {
	r := v.reader(s)
	h := r.headline()
	return drawing(h.Mark, h.Text, r.p.T("public.text.updated", "Time", r.p.Stamp(s.ChangedAt)), brand(r.p, s.Page.Name), hostOf(s))
}

// DrawIncident is the image of a report: its title and where it stands.
func (v *Views) DrawIncident(s *snapshot.Snapshot, i *snapshot.Incident) ([]byte, error) {
	r := v.reader(s)
	state := r.incidentState(i)
	return drawing(state.Mark, i.Title, state.Word+" · "+r.p.Stamp(i.Latest().HappenedAt), brand(r.p, s.Page.Name), hostOf(s))
}

func hostOf(s *snapshot.Snapshot) string {
	u, err := url.Parse(s.Page.BaseURL)
	if err != nil {
		return ""
	}
	return u.Host
}

func drawing(mark Mark, headline, state, brand, host string) ([]byte, error) {
	fonts, err := theFonts()
	if err != nil {
		return nil, err
	}
	img := image.NewRGBA(image.Rect(0, 0, drawnWidth, drawnHeight))
	draw.Draw(img, img.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, drawnWidth, 16), image.NewUniform(markColours[mark]), image.Point{}, draw.Src)
	b := board{img: img}
	b.mark(mark, drawnMargin, 190, 112)
	small := b.face(fonts.regular, 34)
	b.line(small, soft, drawnMargin, 118, b.fit(small, known(fonts.regular, brand), drawnWidth-2*drawnMargin))
	lines, face, step := b.wrap(fonts.bold, known(fonts.bold, headline), drawnWidth-2*drawnMargin-160)
	y := 190 + step*3/4
	for _, l := range lines {
		b.line(face, ink, drawnMargin+160, y, l)
		y += step
	}
	host = known(fonts.regular, host)
	end := font.MeasureString(small, host).Ceil()
	b.line(small, soft, drawnWidth-drawnMargin-end, drawnHeight-62, host)
	b.line(small, soft, drawnMargin, drawnHeight-62, b.fit(small, known(fonts.regular, state), drawnWidth-2*drawnMargin-end-40))
	if b.err != nil {
		return nil, b.err
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return nil, fmt.Errorf("write the image: %w", err)
	}
	return out.Bytes(), nil
}

// known is a text without what a font has no shape for; nothing where that is
// too much for the rest to make sense.
func known(f *sfnt.Font, s string) string {
	var buf sfnt.Buffer
	var b strings.Builder
	lost, all := 0, 0
	for _, c := range oneLine(s) {
		all++
		if n, err := f.GlyphIndex(&buf, c); err != nil || n == 0 {
			lost++
			continue
		}
		b.WriteRune(c)
	}
	if lost*4 > all {
		return ""
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// board is an image that is drawn on; the first error stays.
type board struct {
	img *image.RGBA
	err error
}

func (b *board) face(f *sfnt.Font, size float64) font.Face {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil && b.err == nil {
		b.err = fmt.Errorf("size the font: %w", err)
	}
	return face
}

func (b *board) line(face font.Face, c color.Color, x, y int, text string) {
	d := font.Drawer{Dst: b.img, Src: image.NewUniform(c), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(text)
}

// wrap breaks a headline into at most four lines of the largest size in which it
// fits, and cuts what fits in none.
func (b *board) wrap(f *sfnt.Font, text string, most int) (lines []string, face font.Face, step int) {
	for _, size := range []int{72, 60, 48} {
		face, step = b.face(f, float64(size)), size*5/4
		if lines = b.broken(face, text, most); len(lines) <= 4 && len(lines)*step <= 320 {
			return lines, face, step
		}
	}
	lines = lines[:min(4, len(lines))]
	lines[len(lines)-1] = b.fit(face, lines[len(lines)-1]+" …", most)
	return lines, face, step
}

func (b *board) broken(face font.Face, text string, most int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		longer := joined(" ", line, word)
		if line != "" && font.MeasureString(face, longer).Ceil() > most {
			lines, longer = append(lines, line), word
		}
		line = b.fit(face, longer, most)
	}
	return append(lines, line)
}

// fit cuts a line that is too long.
func (b *board) fit(face font.Face, text string, most int) string {
	if font.MeasureString(face, text).Ceil() <= most {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && font.MeasureString(face, string(runes)+"…").Ceil() > most {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimRight(string(runes), " ….") + "…"
}

// mark draws a mark into a square; coordinates are those of the sprite, in a
// box of 20.
func (b *board) mark(m Mark, x, y, size int) {
	p := pen{b: b, box: image.Rect(x, y, x+size, y+size), k: float64(size) / 20, c: markColours[m]}
	sign := p
	sign.c = white
	switch m {
	case "ok":
		p.disc(10, 10, 9.2)
		sign.stroke(2.1, 5.8, 10.4, 8.7, 13.3)
		sign.stroke(2.1, 8.7, 13.3, 14.3, 7.3)
	case "slow":
		p.fill(10, 1.2, 19.4, 18.5, .6, 18.5)
		sign.stroke(2.2, 10, 7.4, 10, 12)
		sign.disc(10, 15.4, 1.2)
	case "part":
		p.fill(10, .4, 19.6, 10, 10, 19.6, .4, 10)
		sign.stroke(2.4, 6.3, 10, 13.7, 10)
	case "down":
		p.fill(4, 1, 16, 1, 19, 4, 19, 16, 16, 19, 4, 19, 1, 16, 1, 4)
		sign.stroke(2.3, 6.6, 6.6, 13.4, 13.4)
		sign.stroke(2.3, 13.4, 6.6, 6.6, 13.4)
	case "maint":
		p.fill(10, .5, 18.6, 5.3, 18.6, 14.7, 10, 19.5, 1.4, 14.7, 1.4, 5.3)
		sign.stroke(2.3, 7.6, 6.5, 7.6, 13.5)
		sign.stroke(2.3, 12.4, 6.5, 12.4, 13.5)
	default:
		for n := range 8 {
			from, to := float64(n)*math.Pi/4, (float64(n)+.5)*math.Pi/4
			p.stroke(1.8, 10+8*math.Cos(from), 10+8*math.Sin(from), 10+8*math.Cos(to), 10+8*math.Sin(to))
		}
	}
}

// pen fills shapes of one colour in a box.
type pen struct {
	b   *board
	box image.Rectangle
	k   float64
	c   color.Color
}

func (p pen) fill(points ...float64) {
	z := vector.NewRasterizer(p.box.Dx(), p.box.Dy())
	for n := 0; n+1 < len(points); n += 2 {
		x, y := float32(points[n]*p.k), float32(points[n+1]*p.k)
		if n == 0 {
			z.MoveTo(x, y)
		} else {
			z.LineTo(x, y)
		}
	}
	z.ClosePath()
	z.Draw(p.b.img, p.box, image.NewUniform(p.c), image.Point{})
}

func (p pen) disc(x, y, radius float64) {
	var points []float64
	for n := range 90 {
		a := float64(n) * 2 * math.Pi / 90
		points = append(points, x+radius*math.Cos(a), y+radius*math.Sin(a))
	}
	p.fill(points...)
}

// stroke is a line with round ends.
func (p pen) stroke(width, x1, y1, x2, y2 float64) {
	long := math.Hypot(x2-x1, y2-y1)
	dx, dy := (y1-y2)/long*width/2, (x2-x1)/long*width/2
	p.fill(x1+dx, y1+dy, x2+dx, y2+dy, x2-dx, y2-dy, x1-dx, y1-dy)
	p.disc(x1, y1, width/2)
	p.disc(x2, y2, width/2)
}
