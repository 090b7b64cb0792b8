// What an account at Cloudflare holds, as far as a deploy sees it. Unkind where the platform is: a
// namespace is not created twice, and a Worker's bindings must exist.

/** What Cloudflare refuses, with the code and text of its API. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Binding {
  readonly type: string;
  readonly name: string;
  readonly namespace_id?: string;
  readonly queue_name?: string;
}

interface Consumer {
  readonly consumer_id: string;
  readonly script: string;
  readonly settings: unknown;
  readonly dead_letter_queue?: string;
}

interface Queue {
  readonly queue_id: string;
  readonly queue_name: string;
  readonly consumers: Consumer[];
}

interface Script {
  readonly tag: string;
  bindings: readonly Binding[];
  tags: readonly string[];
  /** What was uploaded beside the bindings: `observability` and the like. */
  metadata: Readonly<Record<string, unknown>>;
  readonly secrets: Set<string>;
  workersDev: { enabled: boolean; previews_enabled: boolean };
}

export class CloudflareAccount {
  readonly id = 'a'.repeat(32);
  /** Title by id. */
  readonly namespaces = new Map<string, string>();
  readonly queues: Queue[] = [];
  readonly scripts = new Map<string, Script>();
  /** Of workers.dev; none before somebody registers one. */
  subdomain: string | undefined = 'me';
  #ids = 0;

  /** 32 hex digits, as most ids there are. */
  newId(): string {
    this.#ids += 1;
    return this.#ids.toString(16).padStart(32, '0');
  }

  createNamespace(title: string): string {
    if ([...this.namespaces.values()].includes(title)) {
      throw new Refusal(400, 10014, 'a namespace with this account ID and title already exists');
    }
    const id = this.newId();
    this.namespaces.set(id, title);
    return id;
  }

  createQueue(name: string): Queue {
    // Guess: the code. Wrangler asks before it creates, so it never gets here twice.
    if (this.queues.some(({ queue_name }) => queue_name === name)) throw new Refusal(409, 11009, 'Queue name taken');
    const queue: Queue = { queue_id: this.newId(), queue_name: name, consumers: [] };
    this.queues.push(queue);
    return queue;
  }

  queue(id: string): Queue {
    const queue = this.queues.find(({ queue_id }) => queue_id === id);
    if (!queue) throw new Refusal(404, 11000, 'Queue not found');
    return queue;
  }

  /** Sets the consumer that a queue has, or its only one. */
  consume(queueId: string, consumer: Omit<Consumer, 'consumer_id'>, consumerId?: string): Consumer {
    this.script(consumer.script);
    const { consumers } = this.queue(queueId);
    // Documented: a queue has one push consumer. Guess: the code.
    if (consumerId === undefined && consumers.length > 0) throw new Refusal(400, 11004, 'Queue already has a consumer');
    const set = { ...consumer, consumer_id: consumerId ?? this.newId() };
    consumers.splice(0, 1, set);
    return set;
  }

  script(name: string): Script {
    const script = this.scripts.get(name);
    if (!script) throw new Refusal(404, 10007, 'This Worker does not exist on your account.');
    return script;
  }

  /** Creates or updates a Worker. `inherit` takes a binding over from the version before. */
  upload(name: string, { bindings, ...metadata }: { readonly bindings: readonly Binding[] }): Script {
    const before = this.scripts.get(name);
    const resolved = bindings.map((binding) => {
      if (binding.type !== 'inherit') return binding;
      const inherited = before?.bindings.find((other) => other.name === binding.name);
      // Guess: the code and the text of `bindings_inherit=strict`.
      if (!inherited) throw new Refusal(400, 10056, `binding ${binding.name} cannot be inherited`);
      return inherited;
    });
    for (const binding of resolved) this.#mustExist(binding);
    const script = before ?? this.#draft(name);
    script.bindings = resolved;
    script.metadata = metadata;
    return script;
  }

  /** A secret stored before the first upload makes a draft of the Worker. */
  putSecret(name: string, secret: string): void {
    const script = this.scripts.get(name) ?? this.#draft(name);
    script.secrets.add(secret);
  }

  /** Takes secrets and objects along, and leaves namespaces and queues. */
  deleteScript(name: string): void {
    this.script(name);
    const consumed = this.queues.find(({ consumers }) => consumers.some(({ script }) => script === name));
    // Guess: the code.
    if (consumed) throw new Refusal(400, 10064, `this Worker is a consumer for a Queue, ${consumed.queue_name}`);
    this.scripts.delete(name);
  }

  #draft(name: string): Script {
    const script: Script = {
      tag: this.newId(),
      bindings: [],
      tags: [],
      metadata: {},
      secrets: new Set(),
      workersDev: { enabled: false, previews_enabled: false },
    };
    this.scripts.set(name, script);
    return script;
  }

  #mustExist({ type, name, namespace_id = '', queue_name }: Binding): void {
    const missing =
      (type === 'kv_namespace' && !this.namespaces.has(namespace_id)) ||
      (type === 'queue' && !this.queues.some((queue) => queue.queue_name === queue_name));
    // Guess: the code is the general one of a refused upload.
    if (missing) throw new Refusal(400, 10021, `binding ${name} of type ${type} refers to something that is not there`);
  }
}
