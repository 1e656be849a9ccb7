// Package notify is the telling half: who follows a page and agreed to get
// mail, what is to be told, and handing it to a mail server.
//
// Subscribers holds people and consent: double opt-in, links that each do one
// thing, leaving at once. Outbox keeps announcements in the transaction of the
// act they tell of. Courier expands an announcement into one delivery a
// reader, and sends. Press makes the letters: an announcement is rendered and
// encoded once, and each reader's own words are spliced into the bytes.
//
// The promises are those of RELIABILITY section 3: nothing is lost; a letter
// comes twice only where SMTP cannot tell, and then with the same Message-ID;
// leaving takes effect for whatever was not handed over; the letters of an
// incident come in their order.
//
// Start with subscriber.go for the people, outbox.go for what is kept and
// courier.go for the way out: courier.go decides whether anything may leave,
// expand.go makes deliveries, claim.go takes them, round.go and lane.go send
// them, verdict.go (pure) says what an answer means, smtp.go speaks to the
// server. press.go and header.go make messages. The package knows no HTTP and
// no template: words come from a Renderer.
package notify
