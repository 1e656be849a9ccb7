-- +goose Up
-- Every table of a page has page_id, first in its indexes. Times are UTC, declared
-- datetime so that the driver hands back times. Row ids stay inside; the world
-- knows codes (12 characters of [a-z0-9]).

create table pages (
  id integer primary key,
  code text not null unique check (length(code) = 12),
  name text not null,
  time_zone text not null,
  language text not null default 'en',
  auto_language boolean not null default true,
  words text not null default 'plain' check (words in ('plain','classic')),
  hold_seconds integer not null default 20 check (hold_seconds between 0 and 120),
  is_default boolean not null default false,
  postal_address text not null default '',
  sender_name text not null default '',
  sender_address text not null default '',
  reply_to text not null default '',
  support_url text not null default '',
  show_uptime boolean not null default true,
  raise_indicator boolean not null default false, -- the API's indicator is at least the worst open impact
  hide_from_search boolean not null default false, -- search engines are asked not to list the page
  past_days integer not null default 14 check (past_days between 1 and 90), -- shown on the home page
  weight_major integer not null default 100 check (weight_major between 0 and 100), -- per cent of its time that counts as down
  weight_partial integer not null default 30 check (weight_partial between 0 and 100),
  weight_degraded integer not null default 0 check (weight_degraded between 0 and 100),
  set_up_at datetime,
  created_at datetime not null,
  updated_at datetime not null
);
create unique index pages_one_default on pages (is_default) where is_default;

create table page_hosts (
  page_id integer not null references pages (id) on delete cascade,
  host text not null unique,
  primary key (page_id, host)
);

-- One row a page. The version is raised inside each commit that a reader could
-- notice; raising it first also makes the writers of one page wait for each other.
create table page_versions (
  page_id integer primary key references pages (id) on delete cascade,
  version integer not null default 0,
  changed_at datetime not null
);

create table component_groups (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  code text not null unique check (length(code) = 12),
  name text not null,
  description text not null default '',
  position integer not null,
  changed_version integer not null,
  created_at datetime not null,
  updated_at datetime not null,
  archived_at datetime
);
create index component_groups_page on component_groups (page_id, position);
create unique index component_groups_name on component_groups (page_id, lower(name)) where archived_at is null;

create table components (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  group_id integer references component_groups (id) on delete restrict,
  code text not null unique check (length(code) = 12),
  name text not null,
  description text not null default '',
  status text not null default 'operational' check (status in ('operational','degraded_performance','partial_outage','major_outage','under_maintenance')),
  status_since datetime not null,
  position integer not null,
  changed_version integer not null,
  start_date text not null default '',
  hidden boolean not null default false,
  showcase boolean not null default true,
  created_at datetime not null,
  updated_at datetime not null,
  archived_at datetime
);
create index components_page on components (page_id, position);
create index components_changed on components (page_id, changed_version);
create unique index components_name on components (page_id, coalesce(group_id, 0), lower(name)) where archived_at is null;

create table incidents (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  code text not null unique check (length(code) = 12),
  number integer not null,
  kind text not null check (kind in ('incident','maintenance')),
  title text not null,
  state text not null check (state in ('investigating','identified','monitoring','resolved','scheduled','in_progress','verifying','completed')),
  impact text not null check (impact in ('none','minor','major','critical','maintenance')),
  impact_override text not null default '' check (impact_override in ('','none','minor','major','critical','maintenance')),
  started_at datetime not null,
  monitoring_at datetime,
  resolved_at datetime,
  scheduled_for datetime,
  scheduled_until datetime,
  next_update_by datetime,
  withdrawn_at datetime,
  revision integer not null default 1,
  changed_version integer not null,
  author_id integer,
  author_name text not null,
  created_at datetime not null,
  updated_at datetime not null,
  unique (page_id, number)
);
create index incidents_changed on incidents (page_id, changed_version);
create index incidents_page on incidents (page_id, id);
create index incidents_started on incidents (page_id, started_at desc);
create index incidents_open on incidents (page_id, id) where state not in ('resolved','completed') and withdrawn_at is null;

create table updates (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  incident_id integer not null references incidents (id) on delete cascade,
  code text not null unique check (length(code) = 12),
  position integer not null,
  state text not null check (state in ('investigating','identified','monitoring','resolved','scheduled','in_progress','verifying','completed')),
  body text not null,
  html text not null,
  plain text not null,
  happened_at datetime not null,
  posted_at datetime not null,
  next_update_by datetime,
  notify boolean not null,
  author_id integer,
  author_name text not null,
  edited_at datetime,
  withdrawn_at datetime,
  revision integer not null default 1
);
create index updates_incident on updates (page_id, incident_id, position);

-- What an update said of each affected component: before and after.
create table update_components (
  page_id integer not null references pages (id) on delete cascade,
  update_id integer not null references updates (id) on delete cascade,
  component_id integer not null references components (id) on delete restrict,
  old_status text not null,
  new_status text not null,
  primary key (update_id, component_id)
);

create table postmortems (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  incident_id integer not null unique references incidents (id) on delete cascade,
  code text not null unique check (length(code) = 12),
  draft text not null default '',
  draft_saved_at datetime not null,
  body text not null default '',
  html text not null default '',
  plain text not null default '',
  published_at datetime,
  first_published_at datetime,
  edited_at datetime,
  author_id integer,
  author_name text not null,
  revision integer not null default 1
);

-- What a component or group is called in another language than the page's.
create table namings (
  page_id integer not null references pages (id) on delete cascade,
  subject text not null check (subject in ('component','group')),
  subject_id integer not null,
  language text not null,
  name text not null default '',
  description text not null default '',
  primary key (page_id, subject, subject_id, language)
);

-- The title, an update or the postmortem of an incident in another language. made_from
-- is a digest of the wording that it was made from: readers are shown it only
-- while that is the wording. An empty body is a translation that was taken back.
create table translations (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  incident_id integer not null references incidents (id) on delete cascade,
  subject text not null check (subject in ('incident','update','postmortem')),
  subject_id integer not null,
  language text not null,
  body text not null,
  html text not null,
  plain text not null,
  made_from text not null,
  author_id integer,
  author_name text not null,
  posted_at datetime not null,
  revision integer not null default 1,
  unique (page_id, subject, subject_id, language)
);
create index translations_incident on translations (page_id, incident_id, id);

-- Headlines that staff wrote in place of the automatic one. A row is added, and
-- ended once: by another, by hand, or when its situation is over.
create table headlines (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  text text not null,
  situation text not null,
  author_id integer,
  author_name text not null,
  set_at datetime not null,
  ended_at datetime,
  taken_back boolean not null default false -- by somebody: nobody is shown it again
);
create unique index headlines_live on headlines (page_id) where ended_at is null;
create index headlines_set on headlines (page_id, set_at);

-- The two ledgers. Rows are only ever added; triggers below refuse the rest.

-- When was a component in which status (valid), and when did we say so (recorded)?
create table component_spans (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  component_id integer not null references components (id) on delete restrict,
  status text not null check (status in ('operational','degraded_performance','partial_outage','major_outage','under_maintenance')),
  valid_from datetime not null,
  valid_to datetime,
  recorded_at datetime not null,
  superseded_at datetime,
  cause text not null check (cause in ('start','manual','incident','maintenance','import','upstream','api')),
  incident_id integer references incidents (id) on delete restrict,
  update_id integer references updates (id) on delete restrict,
  author_id integer,
  author_name text not null,
  version integer not null, -- the page version that said so
  superseded_version integer, -- and the one that took it back
  check (valid_to is null or valid_to > valid_from)
);
create index component_spans_live on component_spans (page_id, component_id, valid_from) where superseded_at is null;
create index component_spans_recorded on component_spans (page_id, recorded_at);
create index component_spans_version on component_spans (page_id, version);
create index component_spans_taken_back on component_spans (page_id, superseded_version) where superseded_version is not null;
create index component_spans_incident on component_spans (page_id, incident_id) where incident_id is not null;
create index component_spans_update on component_spans (page_id, update_id, component_id, valid_from) where superseded_at is null;

-- Every wording and fact that readers were shown, each row holding the hash of
-- the row before it on the same page.
create table revisions (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  subject text not null check (subject in ('incident','update','postmortem','translation')),
  subject_id integer not null,
  incident_id integer not null,
  revision integer not null,
  action text not null,
  content text not null,
  recorded_at datetime not null,
  shown_at datetime not null, -- from when readers saw it: then, or of what was imported when it was posted elsewhere
  author_id integer,
  author_name text not null,
  prev_hash text not null,
  hash text not null,
  unique (page_id, subject, subject_id, revision)
);
create index revisions_incident on revisions (page_id, incident_id, id);
create index revisions_shown on revisions (page_id, shown_at);
create index revisions_page on revisions (page_id, id); -- the end of the chain, at each post

-- +goose StatementBegin
create trigger component_spans_append_only before update on component_spans
when old.superseded_at is not null or new.superseded_at is null
  or new.id <> old.id or new.page_id <> old.page_id or new.component_id <> old.component_id or new.status <> old.status
  or new.valid_from <> old.valid_from or new.valid_to is not old.valid_to or new.recorded_at <> old.recorded_at
  or new.cause <> old.cause or new.incident_id is not old.incident_id or new.update_id is not old.update_id
  or new.author_id is not old.author_id or new.author_name <> old.author_name or new.version <> old.version
begin
  select raise(abort, 'component_spans is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger component_spans_keep before delete on component_spans
begin
  select raise(abort, 'component_spans is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger revisions_append_only before update on revisions
begin
  select raise(abort, 'revisions is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger revisions_keep before delete on revisions
begin
  select raise(abort, 'revisions is append-only');
end;
-- +goose StatementEnd

-- Staff.
create table staff (
  id integer primary key,
  code text not null unique check (length(code) = 12),
  email text not null,
  email_key text not null unique,
  name text not null,
  password_hash text not null,
  password_changed_at datetime not null,
  disabled_at datetime,
  created_at datetime not null
);
create table memberships (
  staff_id integer not null references staff (id) on delete cascade,
  page_id integer not null references pages (id) on delete cascade,
  role text not null check (role in ('viewer','responder','admin','owner')),
  created_at datetime not null,
  primary key (page_id, staff_id)
);
create table sessions (
  id integer primary key,
  code text not null unique check (length(code) = 12),
  token_hash text not null unique,
  staff_id integer not null references staff (id) on delete cascade,
  remembered boolean not null,
  created_at datetime not null,
  last_seen_at datetime not null,
  confirmed_at datetime not null,
  address text not null default '',
  agent text not null default ''
);
create index sessions_staff on sessions (staff_id);
create table login_failures (
  id integer primary key,
  account_hash text not null,
  address text not null,
  at datetime not null
);
create index login_failures_account on login_failures (account_hash, address, at);
create index login_failures_address on login_failures (address, at);
create table api_keys (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  staff_id integer references staff (id) on delete cascade,
  code text not null unique check (length(code) = 12),
  name text not null,
  hash text not null unique,
  tail text not null,
  scope text not null check (scope in ('read','incidents','subscribers','admin')),
  created_at datetime not null,
  last_used_at datetime,
  revoked_at datetime
);
create index api_keys_page on api_keys (page_id);
create table setup_tokens (
  hash text primary key,
  created_at datetime not null,
  used_at datetime
);
-- One row an accepted submit: the same form sent twice finds the first result here.
create table submits (
  page_id integer not null references pages (id) on delete cascade,
  key text not null,
  actor text not null,
  act text not null,
  sent text not null,
  result text not null,
  created_at datetime not null,
  primary key (page_id, actor, act, key)
);
create index submits_age on submits (created_at);
create table audits (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  at datetime not null,
  actor_id integer,
  actor_name text not null,
  role text not null,
  key_id integer,
  address text not null,
  request_id text not null,
  action text not null,
  object text not null,
  before text not null,
  after text not null,
  prev_hash text not null,
  hash text not null
);
create index audits_page on audits (page_id, id);
-- +goose StatementBegin
create trigger audits_append_only before update on audits
begin
  select raise(abort, 'audits is append-only');
end;
-- +goose StatementEnd

-- The telling.
create table subscribers (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  code text not null unique check (length(code) = 12),
  channel text not null,
  address text not null,
  address_key text not null,
  state text not null check (state in ('unconfirmed','active','unsubscribed','suppressed')),
  scope text not null default 'all' check (scope in ('all','some','none')),
  frequency text not null default 'every' check (frequency in ('every','ends')),
  maintenance boolean not null default true,
  generation integer not null default 1,
  wanted text not null default '',
  consent text not null default '',
  consent_address text not null default '',
  asked_at datetime,
  created_at datetime not null,
  confirmed_at datetime,
  unsubscribed_at datetime,
  unique (page_id, channel, address_key)
);
create index subscribers_state on subscribers (page_id, state, id);
create table subscriber_components (
  subscriber_id integer not null references subscribers (id) on delete cascade,
  component_id integer not null references components (id) on delete cascade,
  primary key (subscriber_id, component_id)
);
create table subscriber_incidents (
  subscriber_id integer not null references subscribers (id) on delete cascade,
  incident_id integer not null references incidents (id) on delete cascade,
  primary key (subscriber_id, incident_id)
);
create index subscriber_incidents_incident on subscriber_incidents (incident_id);
-- Asked-for confirmations, to bound them (R9.2). Addresses are hashed.
create table confirmation_asks (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  address_hash text not null,
  client text not null,
  at datetime not null
);
create index confirmation_asks_address on confirmation_asks (address_hash, at);
create index confirmation_asks_client on confirmation_asks (client, at);
create index confirmation_asks_at on confirmation_asks (at);

create table announcements (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  code text not null unique check (length(code) = 12),
  kind text not null,
  incident_id integer references incidents (id) on delete cascade,
  update_id integer references updates (id) on delete cascade,
  payload text not null,
  due_at datetime not null,
  cursor_id integer not null default 0,
  expanded_at datetime,
  cancelled_at datetime,
  recipients integer not null default 0,
  sent integer not null default 0,
  failed integer not null default 0,
  skipped integer not null default 0,
  created_at datetime not null
);
create index announcements_due on announcements (due_at) where expanded_at is null and cancelled_at is null;
create index announcements_update on announcements (update_id);
create index announcements_page on announcements (page_id, id);
create index announcements_incident on announcements (incident_id, id);
create table deliveries (
  id integer primary key,
  page_id integer not null references pages (id) on delete cascade,
  announcement_id integer not null references announcements (id) on delete cascade,
  subscriber_id integer not null references subscribers (id) on delete cascade,
  incident_id integer not null default 0,
  channel text not null,
  state text not null check (state in ('ready','leased','sent','failed','skipped')),
  due_at datetime not null,
  attempts integer not null default 0,
  lease_until datetime,
  lease_by text not null default '',
  answer text not null default '',
  created_at datetime not null,
  sent_at datetime,
  unique (announcement_id, subscriber_id, channel)
);
create index deliveries_due on deliveries (due_at, id) where state in ('ready','leased');
create index deliveries_order on deliveries (subscriber_id, incident_id, id) where state in ('ready','leased');
create index deliveries_failed on deliveries (page_id, id) where state = 'failed';
-- A relay that is down is probed, not asked once a recipient; the pause is a row so that nodes share it.
create table channel_pauses (
  channel text primary key,
  until datetime not null,
  reason text not null,
  since datetime not null
);

-- +goose Down
select 1;
