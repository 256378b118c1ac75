/** Programs that are told of events: made, changed, tested and removed while the server runs. */
import {
  Ctx,
  Field,
  GraphQLISODateTime,
  ID,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  registerEnumType,
  Resolver,
} from 'type-graphql';
import type { WebhookId } from '../../ids.js';
import type { WebhookRecord } from '../../store/webhooks.js';
import { EVENT_MEANINGS, WEBHOOK_EVENTS, type WebhookEvent } from '../../webhooks/events.js';
import type { CreatedWebhook } from '../../webhooks/webhooks.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { enumName, enumOf } from '../enum-names.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { Node } from '../nodes/node.js';
import { Needs } from '../scopes.js';

/** Webhooks that a collection usually has. */
const USUAL_WEBHOOKS = 5;

const EventName = enumOf(WEBHOOK_EVENTS);
registerEnumType(EventName, {
  name: 'WebhookEvent',
  description: 'What a webhook is told of. docs/webhooks.md describes the messages.',
  valuesConfig: Object.fromEntries(
    WEBHOOK_EVENTS.map((event) => [enumName(event), { description: EVENT_MEANINGS[event] }]),
  ),
});

@ObjectType({
  description: 'A program that is told of events, by messages that are sent to its address and signed.',
  implements: Node,
})
export class Webhook extends fieldsOf<WebhookRecord>() {
  @Field(() => ID)
  declare readonly id: WebhookRecord['id'];

  @Field(() => String)
  declare readonly url: WebhookRecord['url'];

  @Field(() => String, { description: 'What it is for.' })
  declare readonly name: WebhookRecord['name'];

  @Field(() => [EventName], { name: 'events', description: 'What it is told of.' })
  get known(): WebhookEvent[] {
    return WEBHOOK_EVENTS.filter((event) => this.events.includes(event));
  }

  @Field(() => Boolean, {
    description: 'Whether messages are sent. One that is disabled is told of nothing new, and what waits for it waits.',
  })
  declare readonly enabled: WebhookRecord['enabled'];

  @Field(() => Int, { description: 'The number of attempts in a row that failed, up to now.' })
  declare readonly failures: WebhookRecord['failures'];

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When the first of these was. Null: none failed.' })
  declare readonly failingSince: WebhookRecord['failingSince'];

  @Field(() => GraphQLISODateTime, {
    nullable: true,
    description: 'Until then messages are signed with the secret before, too. Null: it has had one only.',
  })
  declare readonly earlierSecretUntil: WebhookRecord['earlierSecretUntil'];

  @Field(() => GraphQLISODateTime)
  declare readonly createdAt: WebhookRecord['createdAt'];
}

@ObjectType({ description: 'A webhook, with a secret that was just made.' })
class WebhookSecret {
  @Field(() => String, {
    description: 'What its messages are signed with, as Standard Webhooks has it. It is told now and never again.',
  })
  readonly secret: string;

  @Field(() => Webhook)
  readonly webhook: Webhook;

  constructor({ secret, webhook }: CreatedWebhook) {
    this.secret = secret;
    this.webhook = new Webhook(webhook);
  }
}

@InputType()
class CreateWebhookInput {
  @Field(() => String, {
    description:
      'Where messages are sent: http:// or https://, without a name and a password, and public unless FETCH_ALLOW names it.',
  })
  declare readonly url: string;

  @Field(() => String, { nullable: true, description: 'What it is for. Default: the host of the address.' })
  declare readonly name?: string | null;

  @Field(() => [EventName], { nullable: true, description: 'What it is told of. Default: everything.' })
  declare readonly events?: WebhookEvent[] | null;
}

@InputType({ description: 'What is not given stays as it is.' })
class UpdateWebhookInput {
  @Field(() => ID)
  declare readonly id: string;

  @Field(() => String, { nullable: true })
  declare readonly url?: string | null;

  @Field(() => String, { nullable: true })
  declare readonly name?: string | null;

  @Field(() => [EventName], { nullable: true })
  declare readonly events?: WebhookEvent[] | null;

  @Field(() => Boolean, { nullable: true })
  declare readonly enabled?: boolean | null;
}

@InputType()
class RotateWebhookSecretInput {
  @Field(() => ID)
  declare readonly id: string;
}

@InputType()
class DeleteWebhookInput {
  @Field(() => ID)
  declare readonly id: string;
}

@Resolver()
export class WebhookResolver {
  @Needs('admin')
  @Query(() => [Webhook], {
    complexity: times(USUAL_WEBHOOKS),
    description: 'All webhooks, oldest first.',
  })
  async webhooks(@Ctx() { services }: ApiContext): Promise<Webhook[]> {
    return (await services.webhooks.list()).map((webhook) => new Webhook(webhook));
  }

  @Needs('admin')
  @Mutation(() => WebhookSecret, {
    description:
      'Has a program told of what happens from now on. Errors: BAD_USER_INPUT; URL_REFUSED for an address that this ' +
      'server does not go to; CONFLICT if there are 20 already.',
  })
  async createWebhook(
    @Input(() => CreateWebhookInput) { url, name, events }: CreateWebhookInput,
    @Ctx() { services }: ApiContext,
  ): Promise<WebhookSecret> {
    return new WebhookSecret(
      await services.webhooks.create({ url, name: name ?? undefined, events: events ?? undefined }),
    );
  }

  @Needs('admin')
  @Mutation(() => Webhook, {
    description:
      'Changes a webhook. One that is enabled is sent what waits at once. Errors: NOT_FOUND, BAD_USER_INPUT, URL_REFUSED.',
  })
  async updateWebhook(
    @Input(() => UpdateWebhookInput) { id, url, name, events, enabled }: UpdateWebhookInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Webhook> {
    const changes = {
      url: url ?? undefined,
      name: name ?? undefined,
      events: events ?? undefined,
      enabled: enabled ?? undefined,
    };
    return new Webhook(await services.webhooks.update(id as WebhookId, changes));
  }

  @Needs('admin')
  @Mutation(() => WebhookSecret, {
    description:
      'Gives a webhook another secret. For 24 hours messages are signed with the one before, too. Errors: NOT_FOUND.',
  })
  async rotateWebhookSecret(
    @Input(() => RotateWebhookSecretInput) { id }: RotateWebhookSecretInput,
    @Ctx() { services }: ApiContext,
  ): Promise<WebhookSecret> {
    return new WebhookSecret(await services.webhooks.rotateSecret(id as WebhookId));
  }

  @Needs('admin')
  @Mutation(() => Webhook, {
    description: 'Removes a webhook for good, with what it was told and what waits for it. Errors: NOT_FOUND.',
  })
  async deleteWebhook(
    @Input(() => DeleteWebhookInput) { id }: DeleteWebhookInput,
    @Ctx() { services }: ApiContext,
  ): Promise<Webhook> {
    return new Webhook(await services.webhooks.remove(id as WebhookId));
  }
}
