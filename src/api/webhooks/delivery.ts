/** The log of messages to webhooks. */
import {
  Arg,
  Args,
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
import type { WebhookDeliveryId, WebhookId } from '../../ids.js';
import { exactly } from '../../store/counts.js';
import type {
  WebhookAttemptRecord,
  WebhookDeliveryRecord,
  WebhookDeliveryState as State,
} from '../../store/webhook-deliveries.js';
import { messageId } from '../../webhooks/signature.js';
import { connectionOf, connectionOptions, PageArguments, toContent, toPageRequest } from '../connections.js';
import type { ApiContext } from '../context.js';
import { times } from '../costs.js';
import { fieldsOf } from '../fields-of.js';
import { Input } from '../inputs.js';
import { Node } from '../nodes/node.js';
import { Needs } from '../scopes.js';

/** Attempts that a message usually takes. */
const USUAL_ATTEMPTS = 2;

const DeliveryState = { WAITING: 'WAITING', DELIVERED: 'DELIVERED', FAILED: 'FAILED' } as const satisfies Record<
  State,
  State
>;
registerEnumType(DeliveryState, {
  name: 'WebhookDeliveryState',
  valuesConfig: {
    WAITING: { description: 'It is sent when it is due.' },
    DELIVERED: { description: 'The receiver answered with a status of 200 to 299.' },
    FAILED: { description: 'It failed at every attempt. redeliverWebhook sends it again.' },
  },
});

@ObjectType({ description: 'One attempt to send a message.' })
class WebhookAttempt extends fieldsOf<WebhookAttemptRecord>() {
  @Field(() => Int, { description: 'Counted from 1.' })
  declare readonly number: WebhookAttemptRecord['number'];

  @Field(() => GraphQLISODateTime, { description: 'When it ended.' })
  declare readonly at: WebhookAttemptRecord['at'];

  @Field(() => Int, { description: 'How long it took.' })
  declare readonly milliseconds: WebhookAttemptRecord['milliseconds'];

  @Field(() => Int, { nullable: true, description: 'HTTP status of the answer. Null: there was none.' })
  declare readonly status: WebhookAttemptRecord['status'];

  @Field(() => String, { description: 'The first kilobyte of the answer.' })
  declare readonly answer: WebhookAttemptRecord['answer'];

  @Field(() => String, { nullable: true, description: 'Why there was no answer. Null: there was one.' })
  declare readonly error: WebhookAttemptRecord['error'];
}

@ObjectType({ description: 'A message to a webhook. Messages are kept for 14 days.', implements: Node })
export class WebhookDelivery extends fieldsOf<WebhookDeliveryRecord>() {
  @Field(() => ID)
  declare readonly id: WebhookDeliveryRecord['id'];

  @Field(() => String, { description: 'What the receiver sees in the header webhook-id, whenever it is sent.' })
  get messageId(): string {
    return messageId(this.id);
  }

  @Field(() => ID)
  declare readonly webhookId: WebhookDeliveryRecord['webhookId'];

  @Field(() => String, { description: 'Such as caption.written, or webhook.test.' })
  declare readonly type: WebhookDeliveryRecord['type'];

  @Field(() => String, { description: 'The JSON that is sent.' })
  declare readonly body: WebhookDeliveryRecord['body'];

  @Field(() => DeliveryState)
  declare readonly state: WebhookDeliveryRecord['state'];

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it is sent next. Null: it is not.' })
  get nextAttemptAt(): Date | undefined {
    return this.state === 'WAITING' ? new Date(Math.max(this.dueAt.getTime(), this.createdAt.getTime())) : undefined;
  }

  @Field(() => GraphQLISODateTime)
  declare readonly createdAt: WebhookDeliveryRecord['createdAt'];

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'When it was delivered, or failed for good.' })
  declare readonly endedAt: WebhookDeliveryRecord['endedAt'];

  @Field(() => [WebhookAttempt], {
    complexity: times(USUAL_ATTEMPTS),
    name: 'attempts',
    description: 'In their order.',
  })
  get made(): WebhookAttempt[] {
    return this.attempts.map((attempt) => new WebhookAttempt(attempt));
  }
}

const WebhookDeliveryConnection = connectionOf('WebhookDelivery', () => WebhookDelivery);

@InputType('WebhookDeliveryFilter', { description: 'Which messages are listed. Default: all.' })
class WebhookDeliveryFilterInput {
  @Field(() => ID, { nullable: true, description: 'Only those to this webhook.' })
  declare readonly webhookId?: string | null;

  @Field(() => DeliveryState, { nullable: true, description: 'Only those in this state.' })
  declare readonly state?: State | null;
}

@InputType()
class TestWebhookInput {
  @Field(() => ID, { description: 'The id of the webhook.' })
  declare readonly id: string;
}

@InputType()
class RedeliverWebhookInput {
  @Field(() => ID, { description: 'The id of the message.' })
  declare readonly deliveryId: string;
}

@Resolver()
export class WebhookDeliveryResolver {
  @Needs('admin')
  @Query(() => WebhookDeliveryConnection, {
    ...connectionOptions,
    description: 'Messages to webhooks, newest first. Errors: BAD_USER_INPUT.',
  })
  async webhookDeliveries(
    @Args(() => PageArguments) page: PageArguments,
    @Arg('filter', () => WebhookDeliveryFilterInput, { nullable: true })
    wish: WebhookDeliveryFilterInput | null | undefined,
    @Ctx() { services }: ApiContext,
  ) {
    const { webhookDeliveries } = services.store;
    const filter = {
      webhookId: (wish?.webhookId ?? undefined) as WebhookId | undefined,
      state: wish?.state ?? undefined,
    };
    const found = await webhookDeliveries.list(toPageRequest<WebhookDeliveryId>(page), filter);
    const count = async () => exactly(await webhookDeliveries.count(filter));
    return new WebhookDeliveryConnection(toContent(found, (record) => new WebhookDelivery(record), count));
  }

  @Needs('admin')
  @Mutation(() => WebhookDelivery, {
    description:
      'Sends a webhook a message of the type webhook.test, once and at once, be it enabled or not, and says how that ' +
      'went. Errors: NOT_FOUND.',
  })
  async testWebhook(
    @Input(() => TestWebhookInput) { id }: TestWebhookInput,
    @Ctx() { services }: ApiContext,
  ): Promise<WebhookDelivery> {
    return new WebhookDelivery(await services.webhooks.test(id as WebhookId));
  }

  @Needs('admin')
  @Mutation(() => WebhookDelivery, {
    description:
      'Sends a message again that was delivered or has failed, under its id. Errors: NOT_FOUND; CONFLICT if it is on its way.',
  })
  async redeliverWebhook(
    @Input(() => RedeliverWebhookInput) { deliveryId }: RedeliverWebhookInput,
    @Ctx() { services }: ApiContext,
  ): Promise<WebhookDelivery> {
    return new WebhookDelivery(await services.webhooks.redeliver(deliveryId as WebhookDeliveryId));
  }
}
