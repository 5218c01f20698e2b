import { createTRPCContext } from '@trpc/tanstack-react-query'

import type { PageRouter } from '../page/page-router.ts'

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<PageRouter>()
